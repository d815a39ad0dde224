"""The local page, served by Starlette on this machine's loopback address."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from dermtools.app.access import Access, Guard
from dermtools.app.answering import answer, body, error_line
from dermtools.app.pictures import bring, picture
from dermtools.errors import DermtoolsError
from dermtools.pages import app_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from dermtools.app.session import AppSession

MAX_TOKEN = 200
"""Bytes of the body that brings the token."""
_INLINE = re.compile(r"<(?P<tag>script|style)(?: [^>]*)?>(?P<content>.*?)</(?P=tag)>", re.DOTALL)


def application(session: AppSession, access: Access, port: int) -> ASGIApp:
    """The page, and below a random path all that it asks for.

    Args:
        session: what it works on.
        access: who may come in.
        port: where it is served; hosts and origins with another one are refused.
    """
    inside = [
        Route("/api/{name}", answer, methods=["POST"]),
        Route("/pictures", bring, methods=["POST"]),
        Route("/pictures", picture, methods=["GET"]),
    ]
    app = Starlette(
        routes=[
            Route("/session", _session, methods=["POST"]),
            Mount(access.path, routes=inside),
            Route("/{view:path}", _page, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, access=access, port=port)],
        exception_handlers={DermtoolsError: _refused},
    )
    app.state.session = session
    app.state.access = access
    return app


async def _page(_: Request) -> Response:
    """The same page at every address: what it shows is read from the address by itself. It holds no secret."""
    page = app_page()
    return HTMLResponse(page, headers=_headers(page))


async def _session(request: Request) -> Response:
    access: Access = request.app.state.access
    return access.trade((await body(request, MAX_TOKEN)).decode("utf-8", "replace"))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, DermtoolsError)
    return JSONResponse(error_line(error), 400)


def _headers(page: str) -> dict[str, str]:
    """A policy under which only the script and style that the page came with run, known by their hashes."""
    allowed = {"script": "", "style": ""}
    for found in _INLINE.finditer(page):
        digest = base64.b64encode(hashlib.sha256(found["content"].encode()).digest()).decode()
        allowed[found["tag"]] += f" 'sha256-{digest}'"
    policy = (
        f"default-src 'none'; script-src{allowed['script']}; style-src{allowed['style']}; img-src 'self' blob: data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    }
