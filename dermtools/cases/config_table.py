"""Texts under names on an object store: the config of a small Lance table, every change a compare-and-swap.

An object store has no lock and no atomic replacement of several files, but Lance commits a version only where nobody
else has (a conditional put): of two changes of one name, made upon the same version, the second is refused. Names that
are written together are read together.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Mapping
from typing import Any

from dermtools.addresses import Address
from dermtools.cases.lance_errors import is_missing, reading, writing

TABLE = "records.lance"
_KEEP = {"interval": 20, "older_than_seconds": 60}
"""Every 20 versions, those older than a minute go."""


class ConfigTable:
    """Of one case base. Safe for threads.

    Raises a CaseBaseError where the store does not answer, or somebody else has changed it since it was read.
    """

    def __init__(self, place: Address) -> None:
        self._place = place
        self._dataset: Any | None = None
        self._guard = threading.RLock()
        self._held = False

    def create(self) -> None:
        """Make it where there is none."""
        import lance
        import pyarrow as pa

        with self._guard, writing(self._place):
            empty = pa.schema([("name", pa.string())]).empty_table()
            try:
                lance.write_dataset(empty, str(self._place / TABLE), auto_cleanup_options=_KEEP)
            except OSError as error:
                if "already exists" not in str(error):
                    raise

    def hold(self, held: bool) -> None:
        """While it is held, it is read and written at its own version alone: a change of somebody else's is noticed."""
        with self._guard:
            self._held = held

    def get(self, name: str) -> str | None:
        """The text of that name; None where there is none."""
        with self._guard:
            self._refresh()
            if self._dataset is None:
                return None
            with reading(self._place):
                text: str | None = self._dataset.config().get(name)
            return text

    def put(self, texts: Mapping[str, str | None]) -> None:
        """Replace these texts in one step; None removes one."""
        with self._guard:
            if self._dataset is None:
                self._refresh()
            with writing(self._place):
                assert self._dataset is not None, "created first"
                self._dataset.update_config(dict(texts))

    def stamp(self, name: str) -> tuple[int, ...]:
        """Another one whenever the text is another."""
        text = self.get(name)
        return () if text is None else (len(text), zlib.crc32(text.encode()))

    def _refresh(self) -> None:
        import lance

        with reading(self._place):
            if self._dataset is None:
                try:
                    self._dataset = lance.dataset(str(self._place / TABLE))
                except ValueError as error:
                    if not is_missing(error):
                        raise
            elif not self._held:
                self._dataset.checkout_latest()
