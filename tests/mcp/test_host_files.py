"""A picture that is attached to a chat: its host says where it is, and all tools take it by its handle."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jsonschema
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent

from dermtools.mcp.host_files import NAME
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.tools import list_tools
from dermtools.retrieval import CaseBase
from dermtools.tools import ImageGrants
from dermtools.tools.pictures.fetching import PictureFetcher
from tests.support.loopback import body, served


@pytest.fixture
def port(case_base: CaseBase, drawn_jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of the host `files.test`, which leads to a loopback server with one picture."""
    inward = partial(
        PictureFetcher, resolver=lambda *_: ["127.0.0.1"], reachable=lambda address: address == "127.0.0.1"
    )
    monkeypatch.setattr("dermtools.tools.workspace.PictureFetcher", inward)
    with served(body(drawn_jpeg)) as (number, _):
        yield number


def server(case_base: CaseBase, *hosts: str) -> CaseBaseServer:
    return CaseBaseServer(ServedCaseBase(case_base.path, grants=ImageGrants.allow(hosts=hosts)))


def said(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


def test_it_is_offered_only_where_something_may_be_fetched(case_base: CaseBase) -> None:
    assert NAME not in [tool.name for tool in list_tools(server(case_base).served)]
    (tool,) = [tool for tool in list_tools(server(case_base, "files.test").served) if tool.name == NAME]
    assert tool.meta == {"openai/fileParams": ["file"]}
    jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    assert "$ref" not in str(tool.input_schema)
    file = tool.input_schema["properties"]["file"]
    assert (set(file["properties"]), set(file["required"])) == (
        {"download_url", "file_id", "mime_type", "file_name"},
        {"download_url", "file_id"},
    )


async def test_an_attached_picture_is_taken_by_its_handle(case_base: CaseBase, port: int) -> None:
    file = {"download_url": f"http://files.test:{port}/x?sig=secret", "file_id": "file_1", "mime_type": "image/jpeg"}
    async with Client(server(case_base, f"http://files.test:{port}").protocol) as client:
        taken = await client.call_tool(NAME, {"file": file})
        assert not taken.is_error
        assert "secret" not in taken.model_dump_json()
        found = await client.call_tool("search_similar_cases", {"image": taken.structured_content["image"], "k": 2})
        assert len(found.structured_content["case_ids"]) == 2


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ({"download_url": "https://other.test/x?sig=secret", "file_id": "1"}, "not granted"),
        ({"download_url": "file:///etc/passwd?secret", "file_id": "1"}, "http"),
        ({"download_url": "case:drawn_p01_1", "file_id": "1"}, "http"),
        ({"download_url": "https://files.test/x"}, "file_id"),
        ("file_1", "file"),
    ],
)
async def test_what_cannot_be_had_is_said_without_its_url(case_base: CaseBase, port: int, file: Any, says: str) -> None:
    async with Client(server(case_base, f"http://files.test:{port}").protocol) as client:
        result = await client.call_tool(NAME, {"file": file})
    assert result.is_error
    assert says in said(result)
    assert "secret" not in said(result)


async def test_without_a_host_there_is_no_such_tool(case_base: CaseBase) -> None:
    async with Client(server(case_base).protocol) as client:
        with pytest.raises(MCPError, match="no tool 'take_picture'"):
            await client.call_tool(NAME, {"file": {"download_url": "https://files.test/x", "file_id": "1"}})
