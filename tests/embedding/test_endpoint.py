from __future__ import annotations

import logging
import threading

import pytest

from dermtools.embedding import load_embedder
from dermtools.embedding.endpoint import Endpoint, EndpointError, RetryPolicy, checked_url
from dermtools.errors import EmbeddingError
from tests.support import embedding_endpoint as loopback

BODY = b'{"input_data": {"data": [["", "a mole"]]}}'


def endpoint(server, **policy) -> Endpoint:
    policy = RetryPolicy(**{"attempts": 4, "first_wait": 0.01, **policy})
    return Endpoint(server.url, token=None, headers={}, concurrency=3, policy=policy)


def post(target: Endpoint) -> object:
    return target.post(BODY, abort=threading.Event())


@pytest.mark.parametrize("code", [408, 424, 425, 429, 500, 502, 503, 504])
def test_passing_fault_is_tried_again(server, code):
    server.faults = [loopback.status(code), loopback.status(code)]
    assert post(endpoint(server))[0]["text_features"]
    assert len(server.bodies) == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 413, 415, 422])
def test_final_fault_is_not_tried_again_and_says_what_to_do(server, code):
    server.faults = [loopback.status(code)]
    with pytest.raises(EndpointError, match=f"answers HTTP {code}: .{{10,}}") as caught:
        post(endpoint(server))
    assert "\n" not in str(caught.value)
    assert len(server.bodies) == 1


def test_tries_are_bounded(server):
    server.faults = [loopback.status(503)] * 9
    with pytest.raises(EndpointError, match="still answers HTTP 503"):
        post(endpoint(server, attempts=3))
    assert len(server.bodies) == 3


def test_dropped_connections_are_tried_again(server):
    server.faults = [loopback.drop, loopback.drop]
    assert post(endpoint(server))
    assert len(server.bodies) == 3


def test_no_answer_in_time_is_tried_again(server):
    answered = threading.Event()
    server.faults = [loopback.hang(until=answered)]
    assert post(endpoint(server, read_timeout=0.5))
    answered.set()
    assert len(server.bodies) >= 2


def test_endpoint_that_never_answers_is_an_error(server):
    given_up = threading.Event()
    server.faults = [loopback.hang(until=given_up)] * 2
    with pytest.raises(EndpointError, match="did not answer in time"):
        post(endpoint(server, read_timeout=0.05, attempts=2))
    given_up.set()


def test_nobody_listening_is_an_error(server):
    silent = Endpoint(
        "http://127.0.0.1:9/score", token=None, headers={}, concurrency=1, policy=RetryPolicy(attempts=2, first_wait=0)
    )
    with pytest.raises(EndpointError, match="dropped the connection"):
        post(silent)


class NotedWaits(threading.Event):
    """Notes how long it is waited for, and lets nobody wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return False


@pytest.mark.parametrize(
    ("after", "shortest", "longest"),
    [(lambda: "7", 7.0, 7.01), (lambda: loopback.http_date(5000), 4000.0, 5000.01)],
    ids=["seconds", "date"],
)
def test_retry_after_in_seconds_or_as_a_date_is_waited_for(server, after, shortest, longest):
    server.faults = [loopback.status(429, Retry_After=after())]
    waits = NotedWaits()
    endpoint(server, total=10_000).post(BODY, abort=waits)
    assert len(waits.seconds) == 1
    assert shortest <= waits.seconds[0] <= longest


def test_waits_grow_from_try_to_try_up_to_the_longest(server, monkeypatch):
    monkeypatch.setattr(RetryPolicy, "longest_wait", 4.0)
    server.faults = [loopback.status(503)] * 6
    waits = NotedWaits()
    endpoint(server, attempts=7, first_wait=1.0).post(BODY, abort=waits)
    assert all(0 <= wait <= most for wait, most in zip(waits.seconds, [1, 2, 4, 4, 4, 4], strict=True))


def test_retry_after_beyond_the_total_time_gives_up_at_once(server):
    server.faults = [loopback.status(429, Retry_After="100")]
    waits = NotedWaits()
    with pytest.raises(EndpointError, match="429"):
        endpoint(server, total=50).post(BODY, abort=waits)
    assert waits.seconds == []


def test_abort_ends_the_waiting(server):
    abort = threading.Event()

    def refuse_and_abort(handler: loopback.Handler) -> None:
        loopback.status(503, Retry_After="60")(handler)
        abort.set()

    server.faults = [refuse_and_abort]
    with pytest.raises(EndpointError):
        endpoint(server).post(BODY, abort=abort)
    # Whoever waits out the minute sends a second request.
    assert len(server.bodies) == 1


def test_page_instead_of_json_is_an_error_that_does_not_quote_it(server):
    server.faults = [loopback.page]
    with pytest.raises(EndpointError, match="not answer with JSON but text/html") as caught:
        post(endpoint(server))
    assert "Sign in" not in str(caught.value)


def test_redirect_is_not_followed(server):
    server.faults = [loopback.status(307, Location=server.url)]
    with pytest.raises(EndpointError, match="redirects"):
        post(endpoint(server))
    assert len(server.bodies) == 1


def test_token_is_asked_for_anew_on_every_try(server):
    tokens = iter(["first", "second"])
    target = Endpoint(
        server.url, token=lambda: next(tokens), headers={}, concurrency=1, policy=RetryPolicy(first_wait=0.01)
    )
    server.faults = [loopback.status(503)]
    post(target)
    assert [headers["authorization"] for headers in server.headers] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    "url", ["https://a.inference.ml.azure.com/score", "http://localhost:5001/score", "http://[::1]/"]
)
def test_url_that_a_key_may_go_to(url):
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.inference.ml.azure.com/score",
        "http://127.0.0.1.evil.example/score",
        "ftp://localhost/score",
        "https:///score",
        "score",
        "https://user:word@host/score",
        "https://host/score?code=secret",
        "https://host/score#part",
    ],
)
def test_url_that_no_key_may_go_to_is_refused_without_quoting_secrets(url):
    with pytest.raises(EmbeddingError, match="scoring URI") as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_key_is_sent_as_bearer_and_shown_nowhere(server, client, pictures, caplog):
    with caplog.at_level(logging.DEBUG):
        client.embed_images(pictures[:1])
        server.faults = [loopback.status(401)]
        with pytest.raises(EmbeddingError) as caught:
            client.embed_images(pictures[:1])
    assert server.headers[0]["authorization"] == "Bearer key-that-nobody-sees"
    seen = f"{client!r} {vars(client)} {vars(client._endpoint)} {client.spec} {client.identity!r} "
    assert "key-that-nobody-sees" not in seen + str(caught.value) + caplog.text
    assert "secret-of-the-server" not in str(caught.value) + caplog.text


def test_key_with_a_line_break_in_it_is_refused_unquoted(server, monkeypatch):
    monkeypatch.setenv("MI2_API_KEY", "half\nother")
    with pytest.raises(EmbeddingError, match="MI2_API_KEY") as caught:
        load_embedder(f"medimageinsight:{server.url}")
    assert "half" not in str(caught.value)


def test_local_server_needs_no_key(server, monkeypatch, pictures):
    monkeypatch.delenv("MI2_API_KEY")
    monkeypatch.delenv("AZUREML_API_KEY", raising=False)
    load_embedder(f"medimageinsight:{server.url}").embed_images(pictures[:1])
    assert "authorization" not in server.headers[0]


def test_second_name_of_the_key_is_known_too(server, monkeypatch):
    monkeypatch.delenv("MI2_API_KEY")
    monkeypatch.setenv("AZUREML_API_KEY", "other-key\n")
    load_embedder(f"medimageinsight:{server.url}").test_once()
    assert server.headers[0]["authorization"] == "Bearer other-key"


def test_without_key_an_entra_token_is_asked_for_and_its_lack_is_one_line(monkeypatch):
    pytest.importorskip("azure.identity")
    for name in ("MI2_API_KEY", "AZUREML_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    # A credential that answers at once, whatever this machine is signed in to.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    embedder = load_embedder("medimageinsight:https://endpoint.invalid/score")
    with pytest.raises(EmbeddingError, match="set MI2_API_KEY or sign in") as caught:
        embedder.test_once()
    assert "\n" not in str(caught.value)
