"""Connections that end when their client keeps them waiting; uvicorn's own wait for ever for a request's head."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from dermtools.mcp import limits


class GuardedConnection(H11Protocol):
    """A connection with time limits for a request's head, for the rest of a refused body, and for reading replies."""

    _alarm: asyncio.TimerHandle | None = None
    _awaited: object = None
    _write_alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin; beyond `MAX_CONNECTIONS` the client is told to come later."""
        super().connection_made(transport)
        if len(self.connections) > limits.MAX_CONNECTIONS:
            transport.write(
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n"
                b"Retry-After: %d\r\n\r\n" % limits.RETRY_SECONDS
            )
            transport.close()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of this one."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self._write_alarm = self.loop.call_later(limits.WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._write_alarm is not None:
            self._write_alarm.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        for alarm in (self._alarm, self._write_alarm):
            if alarm is not None:
                alarm.cancel()

    def _watch(self) -> None:
        """Set the alarm for what is waited for now; more bytes of the same thing do not put it off."""
        state = self.conn.their_state
        refused = state is h11.SEND_BODY and self.cycle.response_complete
        awaited = state if state is h11.IDLE or refused else None
        if awaited is self._awaited:
            return
        self._awaited = awaited
        if self._alarm is not None:
            self._alarm.cancel()
        if awaited is not None:
            seconds = limits.REST_SECONDS if refused else limits.HEAD_SECONDS
            self._alarm = self.loop.call_later(seconds, self.transport.abort)
