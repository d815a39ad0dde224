"""What a browser keeps of pictures once the server has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.app_server import Tab, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FROM_THE_CACHE = """
address => fetch(address, {cache: "force-cache"}).then(async reply => (await reply.blob()).type, () => "unreachable")
"""


class _Stranger(BaseHTTPRequestHandler):
    """A page of another user of the machine; it knows no picture."""

    def do_GET(self) -> None:
        self.send_response(404 if "/pictures" in self.path else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>mine</title>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_whoever_listens_on_the_port_next_finds_no_picture_in_the_browser(
    chromium: Browser, photograph_base: Path, open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    with serving(photograph_base) as server:
        tab.page.goto(server.address)
        picture = tab.page.locator(".card img").first
        picture.wait_for()
        address = str(picture.evaluate("image => image.decode().then(() => image.src)"))
        assert tab.page.evaluate(_FROM_THE_CACHE, address) == "image/jpeg"
    place = urlsplit(server.origin)
    with HTTPServer((str(place.hostname), int(place.port or 0)), _Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        tab.page.goto(server.origin)
        assert tab.page.title() == "mine"
        assert tab.page.evaluate(_FROM_THE_CACHE, address) == "text/html"
        stranger.shutdown()
