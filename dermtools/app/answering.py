"""An action over HTTP: a line of JSON for each step of progress and each event, and one at the end.

The lines are `{"progress": {...}}`, `{"event": ...}`, and last either `{"result": ...}` or `{"error": {...}}`. When the
page hangs up, the work is stopped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse, Response, StreamingResponse

from dermtools.app.actions.registry import ACTIONS
from dermtools.errors import DermtoolsError
from dermtools.stops import Stop
from dermtools.text import one_line

if TYPE_CHECKING:
    from starlette.requests import Request

    from dermtools.app.actions.action import Action, Arguments
    from dermtools.app.session import AppSession

logger = logging.getLogger(__name__)

MAX_ARGUMENTS = 1_000_000
"""Bytes of an action's arguments; pictures come by `pictures`."""


class _Telling:
    """What a function tells from its thread, in lines for the event loop to send."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: Stop) -> None:
        self.lines: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        """Each with whether it is the last."""
        self._loop = loop
        self._stop = stop
        self._stage: dict[str, Any] = {}

    def start(self, total: int, description: str) -> None:
        self._stage = {"total": total, "done": 0, "description": description}
        self._progress()

    def advance(self, n: int = 1) -> None:
        before = self._stage["done"]
        self._stage["done"] += n
        step = max(1, self._stage["total"] // 200)
        # Two hundred lines a stage at most: a million cases must not become a million lines.
        if before // step != self._stage["done"] // step or self._stage["done"] >= self._stage["total"]:
            self._progress()
        else:
            self._stop.check()

    def event(self, data: dict[str, Any]) -> None:
        self.send({"event": data})
        self._stop.check()

    def send(self, line: dict[str, Any], *, last: bool = False) -> None:
        # Names of files may hold what is no Unicode: escaped, it is still JSON.
        written = json.dumps(line, allow_nan=False).encode() + b"\n"
        with suppress(RuntimeError):  # the loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self.lines.put_nowait, (written, last))

    def _progress(self) -> None:
        self.send({"progress": dict(self._stage)})
        self._stop.check()


async def answer(request: Request) -> Response:
    """`POST api/NAME`."""
    action = ACTIONS.get(request.path_params["name"])
    if action is None:
        return JSONResponse({"error": {"message": "no such action", "fixable": False}}, 404)
    try:
        arguments = action.arguments.model_validate_json(await body(request, MAX_ARGUMENTS) or b"{}")
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}" for one in error.errors(include_url=False)
        )
        return JSONResponse({"error": {"message": one_line(problems, 600), "fixable": True}}, 422)
    lines = _lines(action, request.app.state.session, arguments)
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def body(request: Request, limit: int) -> bytes:
    """The body of a request; a DermtoolsError where it is larger than `limit` bytes."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > limit:
            raise DermtoolsError(f"more than {limit:,} bytes were sent at once; send less")
    return bytes(read)


def error_line(error: DermtoolsError) -> dict[str, Any]:
    """What the page is told of an error of ours."""
    return {"error": {"message": one_line(str(error), 2000), "fixable": error.fixable}}


async def _lines(action: Action, session: AppSession, arguments: Arguments) -> AsyncIterator[bytes]:
    stop = Stop()
    telling = _Telling(asyncio.get_running_loop(), stop)

    def work() -> None:
        stop.begin()
        try:
            found = action.function(session, arguments, telling)
            result = found.model_dump(mode="json") if isinstance(found, BaseModel) else found
            telling.send({"result": result}, last=True)
        except DermtoolsError as error:
            telling.send(error_line(error), last=True)
        except Exception:
            # What fails is told, whatever it was: the page would wait for ever.
            logger.exception("%s failed", action.name)
            telling.send({"error": {"message": "this failed; the terminal says more", "fixable": False}}, last=True)

    working = asyncio.create_task(anyio.to_thread.run_sync(work))
    last = False
    try:
        while not last:
            line, last = await telling.lines.get()
            yield line
        await working
    finally:
        # Where the page hung up, the thread goes on until it next asks whether it may.
        stop.ask()
