"""The tools as a client sees them before any call."""

from __future__ import annotations

import subprocess
import sys

import jsonschema
import pytest

from dermtools.agent import DermToolkit, ImageGrants
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import list_tools
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG


@pytest.fixture
def served(case_base: CaseBase) -> ServedCaseBase:
    return ServedCaseBase(case_base.path, grants=ImageGrants(), model="openai:gpt-4.1")


def test_every_tool_of_the_toolkit_is_offered_with_valid_schemas(served: ServedCaseBase) -> None:
    tools = list_tools(served)
    assert [tool.name for tool in tools] == list(CATALOG)
    for tool in tools:
        assert tool.title == CATALOG[tool.name].title
        assert tool.description == CATALOG[tool.name].description
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.output_schema is not None
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.output_schema["type"] == tool.input_schema["type"] == "object"


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
assert len(list_tools(served)) == 6
assert list_prompts(served)
heavy = ("torch", "langchain", "langchain_core", "langgraph", "openai", "faiss", "lance", "pyarrow", "transformers")
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not run.returncode, run.stderr
    assert run.stdout.strip() == "[]"
