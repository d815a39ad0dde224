"""What clients are told of their calls, each by the level that it named."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import LOG_LEVEL_META_KEY, LoggingLevel, LoggingMessageNotificationParams

from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.retrieval import CaseBase
from dermtools.tools import ImageGrants

GOOD = {"case_id": "case:drawn_p01_1"}


@pytest.fixture
def server(case_base: CaseBase) -> CaseBaseServer:
    return CaseBaseServer(ServedCaseBase(case_base.path, grants=ImageGrants()))


async def told(server: CaseBaseServer, level: LoggingLevel | None, mode: str) -> list[tuple[str, Any]]:
    """Level and outcome of all messages about a good call, one that is refused, and one that fails."""
    heard: list[LoggingMessageNotificationParams] = []

    async def note(message: LoggingMessageNotificationParams) -> None:
        heard.append(message)

    async with Client(server.protocol, mode=mode, logging_callback=note) as client:
        meta: Any = None
        if level is not None and mode == "legacy":
            await client.set_logging_level(level)
        elif level is not None:
            meta = {LOG_LEVEL_META_KEY: level}
        assert not (await client.call_tool("get_case", GOOD, meta=meta)).is_error
        assert (await client.call_tool("get_case", {"case_id": "nobody"}, meta=meta)).is_error
        with pytest.raises(MCPError):
            await client.call_tool("nothing", {}, meta=meta)
        await anyio.wait_all_tasks_blocked()
    assert all(message.logger == "dermtools" and message.data["seconds"] >= 0 for message in heard)
    return [(message.level, (message.data["name"], message.data["outcome"])) for message in heard]


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_client_is_told_what_is_as_severe_as_it_asked_for(server: CaseBaseServer, mode: str) -> None:
    good, refused, failed = ("get_case", "ok"), ("get_case", "refused"), ("nothing", "failed")
    assert await told(server, None, mode) == []
    assert await told(server, "error", mode) == []
    assert await told(server, "warning", mode) == [("warning", refused), ("warning", failed)]
    assert await told(server, "debug", mode) == [("info", good), ("warning", refused), ("warning", failed)]
