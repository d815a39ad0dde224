"""What a client may do wrong over stdio, and how the server ends."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import COMMAND, PATIENCE, UNFORCED, RawStdio
from tests.support.openai_replies import Hang, Reply
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

SEARCH = {"name": "search_similar_cases", "arguments": {"image": "case:drawn_p01_1", "k": 2}}


@pytest.fixture(scope="module")
def server(case_base: CaseBase) -> Iterator[RawStdio]:
    raw = RawStdio(case_base.path)
    raw.initialize()
    yield raw
    raw.close()


@pytest.fixture
def fresh(case_base: CaseBase) -> Iterator[RawStdio]:
    raw = RawStdio(case_base.path)
    yield raw
    raw.close()


def assert_alive(server: RawStdio) -> None:
    assert server.ask("ping", number="alive")["result"] == {}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{ not json\n", -32700),
        (b"\xff\xfe\x00\n", -32700),
        (b"[" * 100_000 + b"\n", -32700),
        (b'{"jsonrpc": "2.0", "id": 7, "method": 12}\n', -32600),
        (b'{"id": 7}\n', -32600),
        (b"[1, 2, 3]\n", -32600),
        (b'"text"\n', -32600),
    ],
)
def test_what_is_no_message_is_answered_as_an_error(server: RawStdio, line: bytes, code: int) -> None:
    server.send(line)
    message = server.receive()
    assert message["id"] is None
    assert message["error"]["code"] == code
    assert_alive(server)


def test_a_line_without_end_is_refused_before_it_fills_the_memory(server: RawStdio) -> None:
    server.send(b'{"jsonrpc": "2.0", "id": 1, "method": "' + b"x" * (50 * 1024 * 1024) + b'"}\n')
    assert server.receive()["error"]["code"] == -32700
    assert_alive(server)


def test_an_unknown_method_is_not_found(server: RawStdio) -> None:
    assert server.ask("cases/delete")["error"]["code"] == -32601
    assert_alive(server)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": 3}),
        ("tools/call", {"name": "search_similar_cases", "arguments": "k=3"}),
        ("tools/call", {"name": "nothing", "arguments": {}}),
        ("resources/read", {"uri": "file:///etc/passwd"}),
        ("resources/read", {"uri": "dermtools://cases/nobody"}),
        ("prompts/get", {"name": "classify_location", "arguments": {"image": "case:nobody"}}),
        ("prompts/get", {"name": "nothing"}),
        ("prompts/get", {"name": "classify_location"}),
        ("prompts/get", {"name": "classify_location", "arguments": {"image": "case:drawn_p01_1", "method": "best"}}),
        ("logging/setLevel", {"level": "loud"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": ""}}),
        ("completion/complete", {"ref": {"type": "ref/resource", "uri": "x"}, "argument": {"name": "a", "value": ""}}),
    ],
)
def test_bad_parameters_are_an_error_of_one_line(server: RawStdio, method: str, params: dict[str, Any]) -> None:
    error = server.ask(method, params)["error"]
    assert error["code"] == -32602
    assert "\n" not in error["message"]
    assert_alive(server)


@pytest.mark.parametrize(
    "arguments",
    [
        {"image": "x" * 5_000_000},
        {"image": "case:" + "x" * 5_000_000},
        {"image": "case:drawn_p01_1", "where": "age > 1 AND " * 500_000},
        {"image": "case:drawn_p01_1", "k": 10**400},
        {"image": "data:image/jpeg;base64," + "A" * 5_000_000},
        {"image": "case:drawn_p01_1", "surprise": ["deep"] * 100_000},
    ],
)
def test_giant_arguments_get_a_short_answer(server: RawStdio, arguments: dict[str, Any]) -> None:
    result = server.ask("tools/call", {"name": "search_similar_cases", "arguments": arguments})["result"]
    assert result["isError"]
    assert "Change them and call the tool again" in result["content"][0]["text"]
    assert len(result["content"][0]["text"]) < 5000
    assert_alive(server)


def test_a_cancelled_call_is_answered_no_more(case_base: CaseBase, schemas: OpenAISchemas) -> None:
    under_way = threading.Event()

    def model(_: str, __: dict[str, Any]) -> Reply:
        under_way.set()
        return Hang(PATIENCE)

    prompt = {"image": "case:drawn_p01_1", "task": "location", "method": "zero-shot"}
    with StreamingOpenAIServer(schemas, model) as openai:
        environment = {"OPENAI_BASE_URL": openai.url, "OPENAI_API_KEY": "k"}
        server = RawStdio(case_base.path, "--model", "openai:gpt-4.1", **environment)
        try:
            server.initialize()
            call = {"name": "run_prompt", "arguments": prompt}
            server.send({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": call})
            assert under_way.wait(PATIENCE)
            server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "slow"}})
            # `reply` fails on any other answer that comes first.
            assert "result" in server.ask("tools/call", SEARCH, number="second")
            assert_alive(server)
        finally:
            server.close()


def test_a_cancelled_call_closes_its_request_to_the_model(case_base: CaseBase) -> None:
    """Until then the server answers a ping and other calls, though this one is under way."""
    with socket.create_server(("127.0.0.1", 0)) as service:
        service.settimeout(PATIENCE)
        address = f"http://127.0.0.1:{service.getsockname()[1]}/v1"
        server = RawStdio(
            case_base.path, "--model", "openai:gpt-4.1", "--base-url", address, "--api", "chat", OPENAI_API_KEY="k"
        )
        try:
            server.initialize()
            call = {"name": "run_prompt", "arguments": {**SEARCH["arguments"], "task": "location"}}
            del call["arguments"]["k"]
            server.send({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": call})
            request, _ = service.accept()
            with request:
                request.settimeout(PATIENCE)
                assert request.recv(1 << 16)
                assert_alive(server)
                assert "result" in server.ask("tools/call", SEARCH, number="second")
                server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "slow"}})
                while request.recv(1 << 16):
                    continue
            assert_alive(server)
        finally:
            server.close()


def test_the_end_of_the_input_ends_the_server(fresh: RawStdio) -> None:
    fresh.initialize()
    fresh.ask("tools/call", SEARCH)
    assert fresh.process.stdin is not None
    fresh.process.stdin.close()
    assert fresh.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_though_the_input_is_open(case_base: CaseBase, number: signal.Signals) -> None:
    server = RawStdio(case_base.path, command=UNFORCED)
    try:
        server.initialize()
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
        assert "Traceback" not in server.errors
    finally:
        server.close()


def test_a_client_that_vanishes_in_a_call_leaves_no_orphan(fresh: RawStdio) -> None:
    fresh.initialize()
    fresh.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": SEARCH})
    assert fresh.process.stdin is not None
    fresh.process.stdin.close()
    assert fresh.process.wait(PATIENCE) == 0


def test_a_client_that_reads_no_more_ends_the_server(case_base: CaseBase) -> None:
    command = [*COMMAND, str(case_base.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of a process that is no child cannot be awaited")
def test_a_killed_client_takes_its_server_along(case_base: CaseBase) -> None:
    client = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, threading; from tests.support.mcp_processes import RawStdio\n"
            "raw = RawStdio(sys.argv[1]); raw.initialize(); print(raw.process.pid, flush=True)\n"
            "threading.Event().wait()",
            str(case_base.path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdout is not None
    server = os.pidfd_open(int(client.stdout.readline()))
    try:
        client.kill()
        client.wait(PATIENCE)
        client.stdout.close()
        ended, _, _ = select.select([server], [], [], PATIENCE)
        assert ended
    finally:
        os.close(server)


def test_all_that_is_said_beside_messages_goes_to_standard_error(case_base: CaseBase) -> None:
    raw = RawStdio(case_base.path, "--model", "nosuchprovider:x")
    try:
        raw.initialize()
        raw.ask("tools/list")
        # The warm-up meets the bad model and says so; every line of the output is a message, as `receive` checks.
        assert raw.wait_for_error("nosuchprovider")
        assert_alive(raw)
    finally:
        raw.close()
