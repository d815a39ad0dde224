"""Three servers over one case base behind a real nginx, as `examples/team/nginx.conf` says; one is killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
import yaml
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from dermtools.cases.sources.sample import load_sample
from dermtools.images import data_url
from dermtools.mcp.pinning import ENDED
from dermtools.mcp.sessions import COOKIE, SESSION_HEADER
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server
from tests.support.mcp_requests import HEADERS, INITIALIZE, modern_request
from tests.support.nginx import free_port, nginx, replaced
from tests.support.paths import ROOT

TEAM = ROOT / "examples" / "team"
INSTANCES = ("a", "b", "c")
CLIENTS = 32
PICTURES = [case.image for case in load_sample(seed=5, patients=16).cases if isinstance(case.image, bytes)][:CLIENTS]
K = 3


@dataclass
class Team:
    """The servers by name, where nginx listens, and their case base, which only this test has."""

    url: str
    servers: dict[str, HttpServer]
    case_base: CaseBase

    def through_nginx(self, instance: str = "a") -> HttpServer:
        server = self.servers[instance]
        return HttpServer(self.url, server.process, server._reader, server._lines)


@pytest.fixture
def team(case_base: CaseBase, tmp_path: Path) -> Iterator[Team]:
    shutil.copytree(case_base.path, tmp_path / "base")
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(http_server(tmp_path / "base", "--instance", name, "--public-url", url))
            for name in INSTANCES
        }
        places = [(f"server-{name}:8765", urlsplit(server.url).netloc) for name, server in servers.items()]
        written = replaced((TEAM / "nginx.conf").read_text(), ("listen 8080;", f"listen 127.0.0.1:{port};"), *places)
        stack.enter_context(nginx(written, tmp_path, port))
        yield Team(url, servers, CaseBase.open(tmp_path / "base"))


@dataclass
class Person:
    """One client with a picture of its own, which begins anew where its session has ended."""

    team: Team
    number: int
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    client: Client | None = None
    handle: str = ""
    beginnings: int = 0

    async def begin(self) -> Client:
        await self.end()
        self.handle = ""
        self.beginnings += 1
        mode = "legacy" if self.number % 2 else "2026-07-28"
        self.client = await self.stack.enter_async_context(self.team.through_nginx().client(mode=mode))
        return self.client

    async def end(self) -> None:
        self.client = None
        with suppress(MCPError, httpx.HTTPError, ExceptionGroup):  # its session is gone already
            await self.stack.aclose()
        self.stack = AsyncExitStack()

    async def call(self, name: str, **arguments: Any) -> CallToolResult:
        client = self.client or await self.begin()
        return await client.call_tool(name, arguments)

    async def similar(self) -> list[str]:
        """The cases nearest to its picture; given once, then named by its handle for as long as that is known."""
        for _ in range(10):
            try:
                image = self.handle or data_url(PICTURES[self.number])
                result = await self.call("search_similar_cases", image=image, k=K)
            except (MCPError, httpx.HTTPError):
                await self.begin()
                continue
            if not result.is_error:
                assert result.structured_content is not None
                self.handle = result.structured_content["query"]
                return [str(one) for one in result.structured_content["case_ids"]]
            assert self.handle, result
            self.handle = ""  # forgotten with the process that held it
        raise AssertionError(f"client {self.number} never got an answer")


class Meeting:
    """Where all clients wait for each other; the last to come does something first."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action, self._here, self._done = action, 0, anyio.Event()

    async def wait(self) -> None:
        self._here += 1
        if self._here == CLIENTS:
            self._action()
            self._done.set()
        await self._done.wait()


async def test_every_client_gets_right_answers_though_a_process_is_killed(team: Team) -> None:
    expected = [team.case_base.search(picture, k=K, max_per_group=1).case_ids for picture in PICTURES]
    case_id = "drawn_p01_1"
    former = team.case_base.case(case_id).labels["location"]
    label = next(one for one in team.case_base.task("location").labels if one not in former)

    def kill() -> None:
        team.servers["b"].process.kill()
        team.servers["b"].process.wait(PATIENCE)

    relabelled = Meeting(lambda: team.case_base.relabel({case_id: {"location": [label]}}))
    killed, over = Meeting(kill), Meeting(lambda: None)
    handles: list[set[str]] = [set() for _ in range(CLIENTS)]
    people = [Person(team, number) for number in range(CLIENTS)]

    async def live(person: Person) -> None:
        for _ in range(2):  # by the picture, then by its handle
            assert await person.similar() == expected[person.number]
        assert person.beginnings == 1
        handles[person.number].add(person.handle)
        await relabelled.wait()
        seen = (await person.call("get_case", case_id=case_id)).structured_content
        assert seen is not None
        assert seen["case"]["labels"]["location"] == [label]
        await killed.wait()
        for _ in range(2):
            assert await person.similar() == expected[person.number]
        handles[person.number].add(person.handle)
        await over.wait()
        for step in (1, 2, 3):  # whichever process it is, another client's picture is not there
            for stolen in handles[(person.number + step) % CLIENTS]:
                assert (await person.call("search_similar_cases", image=stolen, k=K)).is_error

    async def lived(person: Person) -> None:
        try:
            await live(person)
        finally:
            await person.end()

    with anyio.fail_after(2 * PATIENCE):
        async with anyio.create_task_group() as group:
            for person in people:
                group.start_soon(lived, person)
    begun_anew = [number for number, known in enumerate(handles) if len(known) > 1]
    assert 0 < len(begun_anew) < CLIENTS  # those of the process that was killed, and no others


def test_a_session_stays_with_its_process_and_its_end_is_said(team: Team) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        begun = [client.post(team.url, json=INITIALIZE, headers=HEADERS).headers[SESSION_HEADER] for _ in range(9)]
        assert {session[:2] for session in begun} == {"a.", "b.", "c."}
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        for session in begun:
            assert client.post(team.url, json=ping, headers={**HEADERS, SESSION_HEADER: session}).status_code == 200
        team.servers["c"].process.kill()
        team.servers["c"].process.wait(PATIENCE)
        for session in begun:
            reply = client.post(team.url, json=ping, headers={**HEADERS, SESSION_HEADER: session})
            assert reply.status_code == (404 if session.startswith("c.") else 200)
            assert (ENDED in reply.text) == session.startswith("c.")
        body, headers = modern_request("tools/list")
        client.cookies.clear()
        assert client.post(team.url, json=body, headers=headers).cookies[COOKIE][:2] in ("a.", "b.")


def test_the_compose_file_starts_what_nginx_names() -> None:
    composed = yaml.safe_load((TEAM / "compose.yaml").read_text(encoding="utf-8"))["services"]
    servers = {f"server-{name}": ["--instance", name] for name in INSTANCES}
    assert {name: one["command"] for name, one in composed.items() if name != "nginx"} == servers
    configuration = (TEAM / "nginx.conf").read_text(encoding="utf-8")
    assert all(f"server {name}:8765" in configuration for name in servers)
    for server in servers:
        assert (TEAM.parents[1] / composed[server]["build"]["dockerfile"]).is_file()
        assert (TEAM / composed[server]["build"]["context"]).resolve() == ROOT
        assert composed[server]["volumes"][0].endswith(":/casebase:ro")
    assert composed["nginx"]["ports"] == ["127.0.0.1:8080:8080"]
    assert set(composed["nginx"]["depends_on"]) == set(servers)
