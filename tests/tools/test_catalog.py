"""The catalogue: one entry makes a tool of LangChain and of MCP, and needs neither to be loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_core.messages import ToolMessage
from mcp import Client
from pydantic import Field

from dermtools.agent import DermToolkit
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG, Arguments, DermContext, ImageGrants, Result, ToolResult, ToolSpec, Workspace


class CountArguments(Arguments):
    task: str = Field(description="Name of the task. Example: location")


class CountResult(Result):
    labels: int


def count_labels(workspace: Workspace, arguments: CountArguments, _: DermContext) -> ToolResult:
    labels = workspace.case_base.task(arguments.task).labels
    return ToolResult(f"{len(labels)} labels", CountResult(labels=len(labels)))


TOY = ToolSpec(
    name="count_labels",
    title="Count labels",
    function=count_labels,
    arguments=CountArguments,
    result=CountResult,
    description="How many labels a task has.",
)


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOG, TOY.name, TOY)


@pytest.mark.usefixtures("_toy")
def test_a_new_entry_is_a_tool_of_the_toolkit(case_base: CaseBase) -> None:
    tool = DermToolkit.over(case_base).tool("count_labels")
    call = {"type": "tool_call", "id": "1", "name": "count_labels", "args": {"task": "location"}}
    message = tool.invoke(call)
    assert isinstance(message, ToolMessage)
    assert message.artifact["labels"] == len(case_base.task("location").labels)
    assert tool.description == TOY.description


@pytest.mark.usefixtures("_toy")
async def test_a_new_entry_is_a_tool_of_the_server(case_base: CaseBase) -> None:
    server = CaseBaseServer(ServedCaseBase(case_base.path, grants=ImageGrants()))
    async with Client(server.protocol) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        result = await client.call_tool("count_labels", {"task": "location"})
        wrong = await client.call_tool("count_labels", {"task": "nothing"})
    assert tools["count_labels"].title == TOY.title
    assert tools["count_labels"].output_schema == CountResult.model_json_schema(mode="serialization")
    assert result.structured_content is not None
    assert result.structured_content["labels"] == len(case_base.task("location").labels)
    assert wrong.is_error


def test_hints_follow_from_whether_a_model_is_asked() -> None:
    for spec in CATALOG.values():
        assert spec.annotations["read_only_hint"]
        assert not spec.annotations["destructive_hint"]
        assert spec.annotations["open_world_hint"] is spec.asks_model is (spec.name == "run_prompt")
        assert spec.annotations["idempotent_hint"] is not spec.asks_model


@pytest.mark.parametrize("room", ["dermtools.tools.catalog", "dermtools.mcp.run"])
def test_a_room_that_needs_no_langchain_loads_none(room: str) -> None:
    code = f"import sys, {room}; print([name for name in sys.modules if name.startswith(('langchain', 'langgraph'))])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


def test_every_public_name_of_the_tools_is_there_without_langchain() -> None:
    code = (
        "import sys, dermtools.tools as t; assert 'ToolSpec' in dir(t); [getattr(t, name) for name in t.__all__]; "
        "print([name for name in sys.modules if name.startswith(('langchain', 'langgraph'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
