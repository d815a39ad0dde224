"""Fetching over real sockets: what comes through, and what stops it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler

import pytest

from dermtools.errors import ImageError
from dermtools.tools.pictures.fetching import FetchLimits, PictureFetcher
from dermtools.tools.pictures.grants import HostGrant
from tests.support.loopback import Reply, body, redirect, served


def fetcher(port: int, *more: HostGrant, **limits: float) -> PictureFetcher:
    """Grants `images.test`, which leads to the loopback server: the one inward address that may be reached here."""
    grants = [HostGrant("images.test", "http", port), *more]
    return PictureFetcher(
        grants,
        limits=FetchLimits(**limits),  # type: ignore[arg-type]
        resolver=lambda name, _: ["127.0.0.1" if name.endswith(".test") else "10.0.0.1"],
        reachable=lambda address: address == "127.0.0.1",
    )


def test_a_granted_url_gives_its_body_and_is_asked_by_name() -> None:
    with served(body(b"picture")) as (port, asked):
        assert fetcher(port).fetch(f"http://images.test:{port}/a%20b.jpg?x=1#part") == b"picture"
        assert asked == [f"images.test:{port} /a%20b.jpg?x=1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_granted_host_is_followed(status: int) -> None:
    with served(redirect("/end", status)) as (port, _):
        assert fetcher(port).fetch(f"http://images.test:{port}/x") == b"the end"


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/end", "http://other.test:{port}/end", "https://images.test/end", "file:///etc/passwd",
     "//other.test:{port}/end", "http://images.test:1/end", "http://images.test:{port}@other.test/end", "http://[", ""],
)  # fmt: skip
def test_a_redirect_to_anything_else_is_refused_and_not_asked(location: str) -> None:
    ports: list[int] = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        redirect(location.format(port=ports[0]))(handler)

    with served(reply) as (port, asked):
        ports.append(port)
        with pytest.raises(ImageError, match=r"not allowed|redirects to nowhere"):
            fetcher(port).fetch(f"http://images.test:{port}/x")
        assert len(asked) == 1


def test_a_redirect_to_a_granted_host_with_an_inward_address_is_refused() -> None:
    with served(redirect("http://inward.example/end")) as (port, asked):
        with pytest.raises(ImageError, match="outside the open internet"):
            fetcher(port, HostGrant("inward.example", "http", 80)).fetch(f"http://images.test:{port}/x")
        assert len(asked) == 1


def test_redirects_end() -> None:
    with served(redirect("/again")) as (port, asked):
        with pytest.raises(ImageError, match="more than 3 redirects"):
            fetcher(port).fetch(f"http://images.test:{port}/x")
        assert len(asked) == 4


def test_a_name_is_looked_up_once_a_connection() -> None:
    """A second lookup could lead elsewhere (DNS rebinding)."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with served(body(b"picture")) as (port, _):
        rebinding = PictureFetcher(
            [HostGrant("images.test", "http", port)],
            resolver=lambda *_: next(answers),
            reachable=lambda address: address == "127.0.0.1",
        )
        assert rebinding.fetch(f"http://images.test:{port}/x") == b"picture"
    assert next(answers) == ["10.0.0.1"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_not_read_to_its_end(announced: bool) -> None:
    sent: list[int] = []

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if announced:
            handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"x" * 50_000)
            sent.append(50_000)

    with (
        served(reply) as (port, _),
        pytest.raises(ImageError, match="larger than 100,000 bytes"),
    ):
        fetcher(port, bytes=100_000).fetch(f"http://images.test:{port}/x")
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize("part", ["status line", "headers", "body"])
def test_a_host_that_drips_is_left_when_time_is_up(part: str) -> None:
    enough = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        elif part == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not enough.wait(0.05):  # without end: a fetch that waited for more would never come back
            handler.wfile.write(b"1")
            handler.wfile.flush()

    with served(reply) as (port, _):
        try:
            with pytest.raises(ImageError, match=r"too long|timed out"):
                fetcher(port, seconds=0.4).fetch(f"http://images.test:{port}/x")
        finally:
            enough.set()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (body(b"x", Content_Encoding="gzip"), "compressed"),
        (lambda handler: handler.send_error(404), "answered 404"),
        (lambda handler: handler.wfile.write(b"\x00\x01nonsense\r\n\r\n"), "could not be fetched"),
        (
            lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
            "could not be fetched",
        ),
    ],
)
def test_anything_but_a_plain_success_is_one_clear_line(reply: Reply, reason: str) -> None:
    with served(reply) as (port, _), pytest.raises(ImageError, match=reason) as caught:
        fetcher(port).fetch(f"http://images.test:{port}/x")
    assert "\n" not in str(caught.value)


def test_a_name_without_an_address_is_one_clear_line() -> None:
    nowhere = PictureFetcher([HostGrant("nowhere.invalid")])
    with pytest.raises(ImageError, match="could not be fetched"):
        nowhere.fetch("https://nowhere.invalid/x.jpg")


def test_tls_has_to_prove_the_name() -> None:
    """A plain server behind an https grant is no TLS server: nothing of the reply is taken."""
    with served(body(b"picture")) as (port, _):
        plain = PictureFetcher(
            [HostGrant("images.test", "https", port)],
            resolver=lambda *_: ["127.0.0.1"],
            reachable=lambda address: address == "127.0.0.1",
        )
        with pytest.raises(ImageError, match="could not be fetched"):
            plain.fetch(f"https://images.test:{port}/x")
