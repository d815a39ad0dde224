"""The tools as a client sees them before any call."""

from __future__ import annotations

import subprocess
import sys

import jsonschema
import pytest
from mcp_types import ImageContent, ResourceLink, TextContent

from dermtools.agent import DermToolkit, ImageGrants
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import call_tool, list_tools
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG


@pytest.fixture
def served(case_base: CaseBase) -> ServedCaseBase:
    return ServedCaseBase(case_base.path, grants=ImageGrants(), model="openai:gpt-4.1")


def test_every_tool_of_the_toolkit_is_offered_with_valid_schemas(served: ServedCaseBase) -> None:
    tools = list_tools(served)
    assert [tool.name for tool in tools] == [name for name in CATALOG if name != "list_pictures"]
    for tool in tools:
        assert tool.title == CATALOG[tool.name].title
        assert tool.description == CATALOG[tool.name].description
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert (tool.output_schema is not None) == CATALOG[tool.name].structured
        if tool.output_schema is not None:
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert tool.output_schema["type"] == "object"


def test_what_a_tool_gives_fits_its_output_schema(served: ServedCaseBase, toolkit: DermToolkit) -> None:
    schemas = {tool.name: tool.output_schema for tool in list_tools(served)}
    case = "case:drawn_p01_1"
    for name, arguments in {
        "search_similar_cases": {"image": case},
        "classify_with_adapter": {"image": case, "task": "location"},
        "format_exemplars": {"image": case, "task": "location"},
        "get_case": {"case_id": case},
        "describe_case_base": {},
    }.items():
        call = {"type": "tool_call", "id": "1", "name": name, "args": arguments}
        jsonschema.validate(toolkit.tool(name).invoke(call).artifact, schemas[name])  # type: ignore[arg-type]


def test_pictures_to_look_at_come_without_structured_content(served: ServedCaseBase) -> None:
    """Codex gives its model structured content alone, where a result has any."""
    result = call_tool(served, "view_pictures", {"handles": ["case:drawn_p01_1"]})
    assert result.structured_content is None
    assert [block.type for block in result.content] == ["text", "text", "image"]


def test_no_result_links_to_a_case_unless_the_operator_asked_for_links(case_base: CaseBase) -> None:
    given = {"image": "case:drawn_p01_1", "k": 5, "show_pictures": True}
    plain, linking = (
        call_tool(ServedCaseBase(case_base.path, grants=ImageGrants(), links=links), "search_similar_cases", given)
        for links in (False, True)
    )
    assert {type(block) for block in plain.content} == {TextContent, ImageContent}
    links = [block for block in linking.content if isinstance(block, ResourceLink)]
    named = plain.structured_content["case_ids"]
    assert [link.uri for link in links] == [f"dermtools://cases/{case_id}" for case_id in named]
    assert [block for block in linking.content if block not in links] == plain.content
    assert linking.structured_content == plain.structured_content


def test_tools_are_listed_without_loading_a_heavy_library(case_base: CaseBase) -> None:
    code = f"""
import sys
import dermtools.cli.mcp
from dermtools.agent import ImageGrants
from dermtools.mcp import run
from dermtools.mcp.tools import list_tools
from dermtools.mcp.prompts import list_prompts
from dermtools.mcp.served import ServedCaseBase
served = ServedCaseBase({str(case_base.path)!r}, grants=ImageGrants(), model="openai:gpt-4.1")
assert len(list_tools(served)) == 7
assert list_prompts(served)
heavy = ("torch", "langchain", "langchain_core", "langgraph", "openai", "faiss", "lance", "pyarrow", "transformers")
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not run.returncode, run.stderr
    assert run.stdout.strip() == "[]"
