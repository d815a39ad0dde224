"""The tools over a case base, ready for an agent, a graph, or a call of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool, BaseToolkit
from pydantic import ConfigDict, PrivateAttr

from dermtools.agent.langchain_tool import DermTool, derm_tool
from dermtools.tools.catalog import FUNCTIONS
from dermtools.tools.context import DermContext
from dermtools.tools.pictures.grants import ImageGrants
from dermtools.tools.workspace import NO_GRANTS, Workspace

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.images import ImageSource
    from dermtools.retrieval import CaseBase
    from dermtools.tools.pictures.image_store import HeldImage


class DermToolkit(BaseToolkit):
    """Typed tools over a case base.

        toolkit = DermToolkit.over(CaseBase.open("casebase"))
        handle = toolkit.attach("photo.jpg").handle
        toolkit.tool("search_similar_cases").invoke({"image": handle, "k": 3})

    Pictures attached with `attach` are seen by all calls outside a run that has a `DermContext` of its own.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    workspace: Workspace
    context: DermContext
    _tools: dict[str, DermTool] = PrivateAttr(default_factory=dict)

    @classmethod
    def over(
        cls,
        case_base: CaseBase,
        *,
        grants: ImageGrants = NO_GRANTS,
        vision_model: BaseChatModel | None = None,
        context: DermContext | None = None,
    ) -> DermToolkit:
        """Make the toolkit.

        Args:
            case_base: the cases.
            grants: folders and hosts that pictures may be read from; none by default.
            vision_model: for `run_prompt`, which is left out without one.
            context: pictures and limits of calls outside a run; empty by default.
        """
        workspace = Workspace(case_base, grants=grants, vision_model=vision_model)
        return cls(workspace=workspace, context=context or DermContext())

    def model_post_init(self, _: object, /) -> None:
        """Make the tools."""
        for name, (function, arguments, description) in FUNCTIONS.items():
            if name != "run_prompt" or self.workspace.vision_model is not None:
                self._tools[name] = derm_tool(name, description, function, arguments, self.workspace, self.context)

    def get_tools(self) -> list[BaseTool]:
        """All tools."""
        return list(self._tools.values())

    def tool(self, name: str) -> DermTool:
        """The tool of that name; KeyError where there is none."""
        return self._tools[name]

    def attach(self, source: ImageSource, *, name: str | None = None, group_id: str | None = None) -> HeldImage:
        """Take a picture in, for calls outside a run; see `ImageStore.add`."""
        return self.context.images.add(source, name=name, group_id=group_id)
