"""Small files that unpack without end, sent to a server: each is one clear line, and another client is answered."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dermtools.retrieval import CaseBase
from tests.support.bombs import BY_HEADER
from tests.support.mcp_processes import PATIENCE, http_server
from tests.support.mcp_requests import modern_call


@pytest.mark.parametrize("name", ["300 scans", "chunks of a PNG", "deep TIFF"])
def test_a_bomb_is_refused_and_others_are_served_meanwhile(case_base: CaseBase, name: str) -> None:
    make, reason = BY_HEADER[name]
    bomb = "data:application/octet-stream;base64," + base64.b64encode(make()).decode()
    with http_server(case_base.path) as server, ThreadPoolExecutor() as clients:

        def ask(tool: str, arguments: dict[str, str]) -> dict[str, object]:
            body, headers = modern_call(tool, arguments)
            text = httpx.post(server.url, json=body, headers=headers, timeout=PATIENCE).text
            # On a loaded machine the answer takes long enough to come as the last event of a stream.
            reply: dict[str, object] = json.loads(text if text.startswith("{") else text.rpartition("data: ")[2])
            return reply

        refused = clients.submit(ask, "search_similar_cases", {"image": bomb})
        served = [clients.submit(ask, "describe_case_base", {}) for _ in range(4)]
        assert all("tasks" in str(one.result()) and "'isError': True" not in str(one.result()) for one in served)
        assert "'isError': True" in str(refused.result())
        assert reason in str(refused.result())
