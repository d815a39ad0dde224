"""Pictures of one session: no other can name them, and they end with it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from mcp_types import TextContent

from dermtools.cases.sources.sample import load_sample
from dermtools.handles import IMAGE_PREFIX
from dermtools.images import content_hash, data_url
from dermtools.mcp import ServerLimits
from dermtools.mcp.sessions import COOKIE, SESSION_HEADER, Sessions
from tests.support.mcp_processes import PATIENCE, HttpServer
from tests.support.mcp_requests import HEADERS, INITIALIZE, modern_call, modern_request

PICTURES = [case.image for case in load_sample(seed=3, patients=2).cases if isinstance(case.image, bytes)][:4]


def answered(reply: httpx.Response) -> dict[str, Any]:
    """The result in a reply, which comes as JSON or as an event."""
    assert reply.status_code == 200, reply.text
    text = reply.text if reply.headers["content-type"].startswith("application/json") else reply.text.split("data: ")[1]
    result: dict[str, Any] = json.loads(text)["result"]
    return result


def searched(client: httpx.Client, server: HttpServer, image: str) -> dict[str, Any]:
    """A search in the protocol of 2026."""
    body, headers = modern_call("search_similar_cases", {"image": image})
    return answered(client.post(server.url, json=body, headers=headers))


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_handle_means_nothing_to_another_client(web: HttpServer, mode: str) -> None:
    async with web.client(mode=mode) as one, web.client(mode=mode) as other:
        await one.list_tools()
        await other.list_tools()
        first = await one.call_tool("search_similar_cases", {"image": data_url(PICTURES[0])})
        handle = first.structured_content["query"]
        assert not (await one.call_tool("search_similar_cases", {"image": handle})).is_error
        stolen = await other.call_tool("search_similar_cases", {"image": handle})
        assert stolen.is_error
        assert isinstance(stolen.content[0], TextContent)
        assert "another session's" in stolen.content[0].text
        again = await other.call_tool("search_similar_cases", {"image": data_url(PICTURES[0])})
        assert again.structured_content["query"] != handle
        assert content_hash(PICTURES[0])[:8] not in handle


def test_a_client_without_cookies_gives_its_picture_with_every_call(web: HttpServer) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        first = searched(client, web, data_url(PICTURES[0]))
        handle = first["structuredContent"]["query"]
        assert not searched(client, web, handle)["isError"]
        client.cookies.clear()
        assert searched(client, web, handle)["isError"]
        assert not searched(client, web, data_url(PICTURES[0]))["isError"]


def test_a_cookie_is_out_of_reach_for_scripts_and_other_sites(web: HttpServer) -> None:
    body, headers = modern_request("tools/list")
    reply = httpx.post(web.url, json=body, headers=headers, timeout=PATIENCE)
    assert reply.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert reply.headers["set-cookie"].endswith("; HttpOnly; SameSite=Strict")


def test_a_session_that_is_ended_takes_its_pictures_along(web: HttpServer) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        opened = client.post(web.url, json=INITIALIZE, headers=HEADERS)
        headers = {**HEADERS, SESSION_HEADER: opened.headers[SESSION_HEADER]}
        client.post(web.url, json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers)
        call = {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "search_similar_cases", "arguments": {"image": data_url(PICTURES[0])}},
        }
        handle = answered(client.post(web.url, json=call, headers=headers))["structuredContent"]["query"]
        assert client.delete(web.url, headers=headers).status_code == 200
        assert client.post(web.url, json=call, headers=headers).status_code == 404
        # The protocol of 2026 knows no sessions, so the server answers; of the picture it knows nothing.
        body, modern = modern_call("search_similar_cases", {"image": handle})
        reply = client.post(web.url, json=body, headers={**modern, SESSION_HEADER: headers[SESSION_HEADER]})
        assert answered(reply)["isError"]


def test_a_session_unused_for_too_long_is_forgotten() -> None:
    now = [0.0]
    sessions = Sessions(ServerLimits(session_minutes=1), clock=lambda: now[0])
    handle = sessions.context("a").images.add(PICTURES[0]).handle
    now[0] = 50
    assert handle in sessions.context("a").images
    now[0] = 109
    sessions.forget_idle()
    assert "a" in sessions
    now[0] = 111
    sessions.forget_idle()
    assert "a" not in sessions
    assert handle not in sessions.context("a").images


def test_the_session_unused_for_longest_makes_room() -> None:
    sessions = Sessions(ServerLimits(sessions=2))
    for name in ("a", "b", "a", "c"):
        sessions.context(name)
    assert [name in sessions for name in "abc"] == [True, False, True]


def test_pictures_of_all_sessions_together_are_bounded() -> None:
    sessions = Sessions(ServerLimits(megabytes=7))
    for name in "abc":
        sessions.context(name).images.add(PICTURES[0])
    # Each takes its bytes and the 3 MiB of 1,024 x 1,024 pixels: two fit into 7 MiB.
    assert [name in sessions for name in "abc"] == [False, True, True]


def test_pictures_of_one_session_are_bounded() -> None:
    images = Sessions(ServerLimits(session_megabytes=7)).context("a").images
    handles = [images.add(picture).handle for picture in PICTURES[:3]]
    assert [handle in images for handle in handles] == [False, True, True]


def test_handles_are_long_keyed_and_steady_within_a_session() -> None:
    sessions = Sessions(ServerLimits())
    one, other = (sessions.context(name).images for name in "ab")
    handle = one.add(PICTURES[0]).handle
    assert len(handle.removeprefix(IMAGE_PREFIX)) * 4 == 128
    assert one.add(PICTURES[0]).handle == handle
    assert other.add(PICTURES[0]).handle != handle
