"""Every way in which a granted name or a redirect may lead to this machine: a real server here never sees a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from dermtools.errors import DermtoolsError, ImageError
from dermtools.tools.pictures.fetching import PictureFetcher
from dermtools.tools.pictures.grants import HostGrant, ImageGrants
from tests.support.loopback import body, redirect, served

LOOPBACK = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "localhost"]
LOOPBACK += ["localhost.", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"]
LOOPBACK += ["１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "localhost%00", "local\thost", "[::1%25lo]"]
ANSWERS = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"]
ANSWERS += ["0.0.0.0", "::", "127.255.255.254", "::1%lo", "fe80::1%eth0", "127.1", "2130706433", ""]


@pytest.fixture
def here() -> Iterator[tuple[int, list[str]]]:
    """Port of a server on this machine that would answer, and what it was asked."""
    with served(redirect("/end")) as (port, asked):
        yield port, asked


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_granted_host_that_is_this_machine_is_not_asked(here: tuple[int, list[str]], host: str) -> None:
    port, asked = here
    grants = {HostGrant(host.strip("[]"), "http", port), HostGrant("127.0.0.1", "http", port)}
    with suppress(DermtoolsError):  # some cannot even be granted
        grants |= ImageGrants.allow(hosts=[f"http://{host}:{port}"]).hosts
    with pytest.raises(ImageError, match=r"not allowed|outside the open internet|could not be fetched"):
        PictureFetcher(grants).fetch(f"http://{host}:{port}/end")
    assert asked == []


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("also", [[], ["93.184.215.14"]])
def test_a_name_that_leads_here_is_not_asked(here: tuple[int, list[str]], answer: str, also: list[str]) -> None:
    port, asked = here
    fetcher = PictureFetcher([HostGrant("images.test", "http", port)], resolver=lambda *_: [*also, answer])
    with pytest.raises(ImageError, match="outside the open internet"):
        fetcher.fetch(f"http://images.test:{port}/end")
    assert asked == []


def test_a_name_that_leads_elsewhere_at_the_second_look_is_not_asked_again(here: tuple[int, list[str]]) -> None:
    """The redirect's own connection is looked up and checked anew (DNS rebinding)."""
    port, asked = here
    answers = iter(["127.0.0.1", "127.0.0.2"])
    fetcher = PictureFetcher(
        [HostGrant("images.test", "http", port)],
        resolver=lambda *_: [next(answers)],
        reachable=lambda address: address == "127.0.0.1",
    )
    with pytest.raises(ImageError, match="outside the open internet"):
        fetcher.fetch(f"http://images.test:{port}/x")
    assert asked == [f"images.test:{port} /x"]


@pytest.mark.parametrize(
    "url",
    ["http://images.test:{port}@127.0.0.1:{port}/end", "http://user@images.test:{port}/end",
     "http://:@images.test:{port}/end", "http://images.test:1{port}/end", "http://images.test/end",
     "https://images.test:{port}/end", "ftp://images.test:{port}/end", "gopher://127.0.0.1:{port}/end",
     "file:///etc/hostname", "http://images.test.:{port}/end", "http://127.0.0.1:{port}\\@images.test/end",
     "http://images.test:{port}\r\nHost: x/end", "http://images.test\r\n:{port}/end"],
)  # fmt: skip
def test_another_port_scheme_or_name_than_the_granted_one_is_not_asked(here: tuple[int, list[str]], url: str) -> None:
    port, asked = here
    fetcher = PictureFetcher(
        [HostGrant("images.test", "http", port)], resolver=lambda *_: ["127.0.0.1"], reachable=lambda _: True
    )
    with pytest.raises(ImageError, match="not allowed"):
        fetcher.fetch(url.format(port=port))
    assert asked == []


@pytest.mark.parametrize("path", ["/a\r\nX-Injected: 1", "/a%0d%0aX-Injected: 1", "/a b\tc", "/a\u2028b"])
def test_a_path_puts_no_header_into_the_request(path: str) -> None:
    heads: list[list[str]] = []
    with served(lambda handler: (heads.append([*handler.headers]), redirect("/end")(handler))[1]) as (port, _):
        fetcher = PictureFetcher(
            [HostGrant("images.test", "http", port)], resolver=lambda *_: ["127.0.0.1"], reachable=lambda _: True
        )
        with suppress(ImageError):
            fetcher.fetch(f"http://images.test:{port}{path}")
    assert {name for head in heads for name in head} <= {"Host", "Accept", "Accept-Encoding", "User-Agent"}


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_asked(
    here: tuple[int, list[str]], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, asked = here
    monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
    with served(body(b"picture")) as (port, _):
        fetcher = PictureFetcher(
            [HostGrant("images.test", "http", port)], resolver=lambda *_: ["127.0.0.1"], reachable=lambda _: True
        )
        assert fetcher.fetch(f"http://images.test:{port}/x") == b"picture"
    assert asked == []
