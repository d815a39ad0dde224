"""Services asked over a real connection: who answers, who takes the key, and what is sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from dermtools.doctor.providers import PROVIDERS
from dermtools.doctor.services import Service, findings, services
from tests.support.loopback import LoopbackServer

KEY = "sk-the-right-one"
ASKED: list[tuple[str, dict[str, str]]] = []


class Models(BaseHTTPRequestHandler):
    """Lists two models to who has the key, in the ways of several providers; `/broken` and `/elsewhere` do not."""

    def do_GET(self) -> None:
        ASKED.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        held = [self.headers.get(name, "") for name in ("Authorization", "x-api-key", "x-goog-api-key", "api-key")]
        status, body = 200, json.dumps({"data": [{"id": "one"}, {"id": "two"}]}).encode()
        if self.path.startswith("/broken"):
            status = 503
        elif self.path.startswith("/elsewhere"):
            status = 302
        elif self.path.startswith("/api/tags"):
            body = b'{"models": [{}]}'
        elif self.path.startswith("/odd"):
            body = b"<html>"
        elif not any(KEY in one for one in held):
            status = 401
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://{self.headers['Host']}/v1/models")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LoopbackServer(Models) as running:
        yield running.url


@pytest.fixture(autouse=True)
def asked() -> list[tuple[str, dict[str, str]]]:
    ASKED.clear()
    return ASKED


def the_one(environment: dict[str, str], **options: Any) -> Service:
    (found,) = services(environment, **options)
    return found


def test_a_machine_without_keys_asks_nobody(asked: list[Any]) -> None:
    assert services({}) == []


@pytest.mark.parametrize(
    ("provider", "environment", "path"),
    [
        ("openai", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "{}/v1"}, "/v1/models"),
        ("azure_openai", {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": "{}/"}, "/openai/models?api-version="),
        ("anthropic", {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "{}"}, "/v1/models"),
        ("mistralai", {"MISTRAL_API_KEY": KEY, "MISTRAL_BASE_URL": "{}/v1"}, "/v1/models"),
    ],
)
def test_a_key_is_taken_or_refused(
    provider: str, environment: dict[str, str], path: str, server: str, asked: list[Any]
) -> None:
    given = {name: value.format(server) for name, value in environment.items()}
    good = the_one(given)
    assert (good.provider, good.reachable, good.key_accepted, good.models) == (provider, True, True, 2)
    assert asked[-1][0].startswith(path)
    wrong = the_one({name: "sk-wrong" if value == KEY else value for name, value in given.items()})
    assert (wrong.reachable, wrong.key_accepted, wrong.models) == (True, False, None)
    (finding,) = [one for one in findings([wrong]) if one.serious]
    assert finding.what.startswith(f"{provider}: 127.0.0.1:")
    assert "sk-wrong" not in repr((wrong, finding))
    assert KEY not in repr(good)


def test_a_local_server_needs_no_key(server: str, asked: list[Any]) -> None:
    ollama = the_one({"OLLAMA_HOST": server.removeprefix("http://")})
    assert (ollama.models, ollama.key, ollama.problem) == (1, None, None)
    agents = the_one({"DERMTOOLS_BASE_URL": f"{server}/v1"})
    # It asks for a key, and was sent none.
    assert (agents.reachable, agents.key_accepted, agents.problem) == (True, None, None)


def test_no_key_goes_in_clear_text_to_another_machine(server: str, asked: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr("dermtools.embedding.endpoint.is_loopback", lambda url: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = the_one({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server}/v1"})
    assert (found.reachable, found.key_accepted, found.asked) == (True, None, "its list of models")
    assert KEY not in repr(asked)


def test_what_answers_badly_is_said_and_nothing_is_followed(server: str, asked: list[Any]) -> None:
    broken = the_one({"OPENAI_BASE_URL": f"{server}/broken"})
    assert broken.problem is not None
    assert "HTTP 503" in broken.problem
    moved = the_one({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server}/elsewhere"})
    assert (moved.key_accepted, [path for path, _ in asked]) == (None, ["/broken/models", "/elsewhere/models"])
    assert the_one({"OPENAI_BASE_URL": f"{server}/odd"}).models is None


def test_nobody_there_and_nobody_answering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        late = the_one({"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}, seconds=0.3)
        # No list is asked for: the connection is enough.
        connected = the_one({"MI2_MODEL_ENDPOINT": f"http://127.0.0.1:{port}/score"})
    gone = the_one({"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"})
    embedder_gone = the_one({"MI2_MODEL_ENDPOINT": f"http://127.0.0.1:{port}/score"})
    assert late.problem == f"127.0.0.1:{port} did not answer in 0.3 seconds"
    assert (connected.reachable, connected.asked) == (True, "a connection alone")
    assert {gone.problem, embedder_gone.problem} == {f"127.0.0.1:{port} cannot be reached"}


def test_services_are_asked_at_once(server: str) -> None:
    together = threading.Barrier(2, timeout=20)

    class Both(Models):
        def do_GET(self) -> None:
            together.wait()  # breaks, and answers neither, unless both are here at the same time
            super().do_GET()

    with LoopbackServer(Both) as both:
        found = services({"OLLAMA_HOST": both.url, "DERMTOOLS_BASE_URL": both.url}, seconds=30)
    assert [one.reachable for one in found] == [True, True]


def test_offline_nobody_is_asked(server: str, asked: list[Any]) -> None:
    found = the_one({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server}/v1"}, contact=False)
    assert (found.reachable, found.asked, found.problem, asked) == (None, None, None, [])


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OPENAI_API_KEY": "sk-a\nX: y"}, "the key in OPENAI_API_KEY holds signs that no key has"),
        ({"OPENAI_BASE_URL": "ftp://a"}, "OPENAI_BASE_URL is no address"),
        ({"OPENAI_BASE_URL": "http://a:port"}, "OPENAI_BASE_URL is no address"),
    ],
)
def test_what_cannot_be_a_key_or_an_address_is_not_tried(environment: dict[str, str], said: str) -> None:
    assert the_one(environment).problem == said


def test_secrets_in_an_address_are_not_shown(server: str) -> None:
    found = the_one({"OPENAI_BASE_URL": server.replace("//", "//user:hunter2@") + "/v1?code=hunter2"})
    assert "hunter2" not in repr((found, list(findings([found]))))


def test_a_package_that_is_missing_is_advised(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dermtools.doctor.providers.find_spec", lambda name: None)
    (advice,) = findings([the_one({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server})])
    assert (advice.serious, advice.remedy) == (False, "pip install langchain-anthropic")


def test_every_provider_is_one_that_langchain_knows() -> None:
    from langchain.chat_models.base import _BUILTIN_PROVIDERS

    ours = {one.name for one in PROVIDERS if one.name not in ("medimageinsight", "the agent's server")}
    assert ours <= set(_BUILTIN_PROVIDERS)
