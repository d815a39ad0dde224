"""The tools over a case base, for every front end: typed arguments, plain functions, results, and a catalogue of them.

    workspace, tool = Workspace(CaseBase.open("casebase")), CATALOG["get_case"]
    result = tool.function(workspace, tool.arguments(case_id="case:example_1"), DermContext())

Importing it loads no LangChain.
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.tools.arguments import Arguments as Arguments
    from dermtools.tools.catalog import CATALOG as CATALOG
    from dermtools.tools.catalog import ToolSpec as ToolSpec
    from dermtools.tools.catalog import offered_tools as offered_tools
    from dermtools.tools.classifying import classify_with_adapter as classify_with_adapter
    from dermtools.tools.classifying import run_prompt as run_prompt
    from dermtools.tools.context import DermContext as DermContext
    from dermtools.tools.describing import describe_case_base as describe_case_base
    from dermtools.tools.describing import get_case as get_case
    from dermtools.tools.exemplars import exemplar_messages as exemplar_messages
    from dermtools.tools.exemplars import format_exemplars as format_exemplars
    from dermtools.tools.pictures.fetching import PictureFetcher as PictureFetcher
    from dermtools.tools.pictures.grants import ImageGrants as ImageGrants
    from dermtools.tools.pictures.image_store import ImageStore as ImageStore
    from dermtools.tools.results import Result as Result
    from dermtools.tools.results import ToolResult as ToolResult
    from dermtools.tools.searching import search_similar_cases as search_similar_cases
    from dermtools.tools.viewing import list_pictures as list_pictures
    from dermtools.tools.viewing import view_pictures as view_pictures
    from dermtools.tools.workspace import Workspace as Workspace

__getattr__, __dir__, __all__ = exports(__name__)
