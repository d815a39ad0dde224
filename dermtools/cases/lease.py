"""One writer at a time on an object store, without a lock that a killed writer would leave behind.

Who writes says so in the records, and says it anew every few seconds. Who comes next waits until it sees that: then
somebody is writing, and it is refused. Where nothing has been said for `PATIENCE` seconds, the writer was killed, or
cannot reach the store: its place is taken by a compare-and-swap, and the table is fenced (`CaseTable.fence`), so that
whatever the former one still commits is refused by Lance itself. Clocks are not compared.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from dermtools.addresses import Address
from dermtools.cases.config_table import ConfigTable
from dermtools.errors import CaseBaseError

logger = logging.getLogger(__name__)

BEAT = 4.0
"""Seconds between two signs of life."""
PATIENCE = 15.0
"""Seconds without one after which a writer is taken for dead."""
LOOK = 0.5
_WRITER = "writer"


class WriterLease:
    """Of one case base; it may be taken again by the thread that has it."""

    def __init__(self, place: Address, records: ConfigTable) -> None:
        self._place = place
        self._records = records
        self._making = threading.Lock()
        self._owner: int | None = None
        self._depth = 0
        self._beats = 0
        self._token = secrets.token_hex(8)

    @contextmanager
    def held(self, fence: Callable[[], object]) -> Iterator[int]:
        """Hold it; gives how many times it is held by now. `fence` shuts out a former writer that was cut off.

        Raises:
            CaseBaseError: another process is writing, or the store cannot be written.
        """
        me = threading.get_ident()
        with self._making:
            if self._owner not in (None, me):
                raise self._busy()
            self._owner, self._depth = me, self._depth + 1
        try:
            if self._depth > 1:
                yield self._depth
            else:
                yield from self._first(fence)
        finally:
            with self._making:
                self._depth -= 1
                self._owner = me if self._depth else None

    def put(self, texts: Mapping[str, str | None]) -> None:
        """Write records as the writer: refused where another one has taken the place."""
        self._beats += 1
        self._records.put({**texts, _WRITER: json.dumps([self._token, self._beats])})

    def _first(self, fence: Callable[[], object]) -> Iterator[int]:
        dead = self._outwaited()
        self._records.hold(True)
        try:
            try:
                self.put({})
            except CaseBaseError as error:
                raise self._busy() if "another writer" in str(error) else error from None
            if dead:
                fence()
            done = threading.Event()
            beating = threading.Thread(target=self._beat, args=(done,), name="dermtools-writer", daemon=True)
            beating.start()
            try:
                yield 1
            finally:
                done.set()
                beating.join()
                with suppress(CaseBaseError):  # taken by another, or out of reach: it runs out by itself
                    self._records.put({_WRITER: None})
        finally:
            self._records.hold(False)

    def _outwaited(self) -> bool:
        """Whether a writer was there that shows no sign of life any more; a CaseBaseError where one does."""
        seen, until = self._records.get(_WRITER), time.monotonic() + PATIENCE
        if seen is None:
            return False
        logger.info("a writer has left its mark in %s; waiting to see whether it is alive", self._place)
        while time.monotonic() < until:
            time.sleep(LOOK)
            now = self._records.get(_WRITER)
            if now is None:
                return False
            if now != seen:
                raise self._busy()
        return True

    def _beat(self, done: threading.Event) -> None:
        while not done.wait(BEAT):
            with suppress(CaseBaseError):  # out of reach for a moment; what is taken by another is told by the write
                self.put({})

    def _busy(self) -> CaseBaseError:
        return CaseBaseError(f"another process is writing {self._place}; wait until it is done, or stop it")
