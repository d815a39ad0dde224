"""The page as a client with MCP Apps sees it, and that all others see what they always saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from mcp import Client, MCPError
from mcp.client.extension import ClientExtension

from dermtools.agent import ImageGrants
from dermtools.mcp import apps
from dermtools.mcp.resources import list_resources
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.tools import list_tools
from dermtools.pages import app_page
from dermtools.retrieval import CaseBase
from tests.support.apps_client import shows_apps

MODES = ("legacy", "auto")
"""The protocol of 2025, whose client says once what it can, and that of 2026, where each request says it."""


@pytest.fixture
def served(case_base: CaseBase) -> ServedCaseBase:
    return ServedCaseBase(case_base.path, grants=ImageGrants.allow(data_urls=True), model="openai:gpt-4.1")


def client(served: ServedCaseBase, mode: str, extensions: Sequence[ClientExtension] = ()) -> Client:
    return Client(CaseBaseServer(served).protocol, mode=mode, extensions=extensions)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("extensions", [(), shows_apps("text/html")], ids=["none", "another kind of page"])
async def test_without_apps_nothing_is_different(
    served: ServedCaseBase, mode: str, extensions: Sequence[ClientExtension]
) -> None:
    async with client(served, mode, extensions) as plain:
        assert (await plain.list_tools()).tools == list_tools(served)
        assert (await plain.list_resources()).resources == list_resources()
        with pytest.raises(MCPError, match="no tool 'get_pictures'"):
            await plain.call_tool("get_pictures", {"handles": ["case:drawn_p01_1"]})


@pytest.mark.parametrize("mode", MODES)
async def test_with_apps_the_models_tools_are_the_same_but_for_the_page_that_shows_them(
    served: ServedCaseBase, mode: str
) -> None:
    async with client(served, mode, shows_apps()) as host:
        tools = (await host.list_tools()).tools
    about = {tool.name: (tool.meta or {}).get("ui", {}) for tool in tools}
    seen = [tool for tool in tools if "model" in about[tool.name].get("visibility", ["model", "app"])]
    assert [tool.model_copy(update={"meta": None}) for tool in seen] == list_tools(served)
    assert {name for name, ui in about.items() if ui == {"resourceUri": apps.URI}} == set(apps.SHOWN_BY)
    alone = {name for name, ui in about.items() if ui == {"resourceUri": apps.URI, "visibility": ["app"]}}
    assert alone == {"upload_picture", "get_pictures"}


@pytest.mark.parametrize("mode", MODES)
async def test_the_page_is_listed_and_read_with_the_same_claims_and_no_origin(
    served: ServedCaseBase, mode: str
) -> None:
    async with client(served, mode, shows_apps()) as host:
        [listed] = [one for one in (await host.list_resources()).resources if one.uri == apps.URI]
        [read] = (await host.read_resource(apps.URI)).contents
    assert listed.mime_type == read.mime_type == "text/html;profile=mcp-app"
    assert listed.meta == read.meta
    assert read.meta is not None
    assert set(read.meta["ui"]["csp"]) == {"connectDomains", "resourceDomains", "frameDomains", "baseUriDomains"}
    assert not any(read.meta["ui"]["csp"].values())
    assert read.text == app_page()  # type: ignore[union-attr]


@pytest.fixture
def forgotten() -> Iterator[None]:
    app_page.cache_clear()
    yield
    app_page.cache_clear()


async def test_the_page_is_not_read_until_a_client_asks_for_it(served: ServedCaseBase, forgotten: None) -> None:
    async with client(served, "auto", shows_apps()) as host:
        await host.list_tools()
        await host.list_resources()
        assert app_page.cache_info().currsize == 0
        await host.read_resource(apps.URI)
        assert app_page.cache_info().currsize == 1
