"""Pictures in and out: one that the person brought gets a handle; stored ones go to the page by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from dermtools.app.answering import body
from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.images.thumbnails import THUMBNAIL_SIDE, thumbnail
from dermtools.text import one_line

if TYPE_CHECKING:
    from starlette.requests import Request

    from dermtools.app.session import AppSession

SIDES = (THUMBNAIL_SIDE, 512)
"""Long sides that the page may ask for, in pixels: a thumbnail, and what the case base holds."""
_HEADERS = {
    # No copy on the browser's disk: it would outlive the server and an erased case, and whoever listens on this port
    # next, another user of the machine too, could read it.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def bring(request: Request) -> Response:
    """`POST pictures?name=...` with the encoded picture: its handle. Decoded in a process of its own, within limits."""
    session: AppSession = request.app.state.session
    encoded = await body(request, session.context.images.limits.max_bytes)
    name = one_line(request.query_params.get("name", ""), 80) or "picture"
    held = await to_thread.run_sync(lambda: session.context.images.add(encoded, name=name))
    return JSONResponse({"handle": held.handle, "name": held.name})


async def picture(request: Request) -> Response:
    """`GET pictures?of=HANDLE&side=192`: a clean JPEG. `HANDLE` is `case:ID` or `img_...`.

    A case that came by its vector alone has none: the answer is empty, which no browser takes for an error.
    """
    session: AppSession = request.app.state.session
    handle, side = request.query_params.get("of", ""), request.query_params.get("side", "512")
    if side not in map(str, SIDES):
        raise QueryError(f"side is one of {', '.join(map(str, SIDES))}")
    jpeg = await to_thread.run_sync(lambda: _jpeg(session, handle, int(side)))
    if not jpeg:
        return Response(status_code=204, headers=_HEADERS)
    return Response(jpeg, media_type="image/jpeg", headers=_HEADERS)


def _jpeg(session: AppSession, handle: str, side: int) -> bytes:
    """Empty where the case has no picture."""
    if handle.startswith(CASE_PREFIX):
        case_id = handle.removeprefix(CASE_PREFIX)
        jpeg = session.opened.store.jpegs([case_id])[case_id]
    else:
        jpeg = session.context.images.get(handle).jpeg
    return jpeg if side == max(SIDES) or not jpeg else thumbnail(jpeg, side)
