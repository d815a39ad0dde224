"""Which rows hold a text: found by a scan while few are asked for, by sorted hashes from then on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.column_values import Texts

SCANS = 32
"""So many scans take as long as sorting does."""
FEW = 16
"""Texts that are looked up one by one."""
SMALL = 10_000
"""Rows that are sorted at once."""


class RowIndex:
    """Rows of a column by their text: 12 bytes a row and no Python object. Safe for threads."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._asked = 0
        self._sorted: tuple[NDArray[np.int64], NDArray[np.int32]] | None = None
        self._lock = threading.Lock()

    def rows(self, text: str) -> NDArray[np.int64]:
        """Rows that hold the text, ascending; none where nobody does."""
        self._asked += 1
        if self._sorted is None and self._asked <= SCANS and len(self._texts) > SMALL:
            from pyarrow import compute

            # As Arrow's own kernel finds them: milliseconds a million.
            return np.flatnonzero(compute.equal(self._texts.array, text).to_numpy().astype(np.bool_))
        hashes, order = self._made()
        key = hash(text)
        found = order[np.searchsorted(hashes, key) : np.searchsorted(hashes, key, side="right")]
        return np.array([row for row in found.tolist() if self._texts[row] == text], np.int64)

    def first(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """For each text the first row that holds it, -1 where none does; shape (len(texts),)."""
        import pyarrow as pa
        from pyarrow import compute

        if len(texts) <= FEW or not len(self._texts):
            return np.array([next(iter(self.rows(text).tolist()), -1) for text in texts], np.int64)
        hashes, order = self._made()
        keys = np.fromiter(map(hash, texts), np.int64, len(texts))
        places = np.minimum(np.searchsorted(hashes, keys), len(order) - 1)
        rows, wanted = order[places].astype(np.int64), pa.array(texts, pa.string())
        same = compute.equal(compute.take(self._texts.array, pa.array(rows)), wanted).to_numpy().astype(np.bool_)
        for place in np.flatnonzero(~same & (hashes[places] == keys)).tolist():  # two texts of one hash
            rows[place] = next(iter(self.rows(texts[place]).tolist()), -1)
            same[place] = True
        return np.where(same, rows, -1)

    def _made(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        with self._lock:
            if self._sorted is None:
                hashes = np.fromiter(map(hash, self._texts), np.int64, len(self._texts))
                order = np.argsort(hashes, kind="stable").astype(np.int32)
                self._sorted = hashes[order], order
            return self._sorted


class RowOf(Mapping[str, int]):
    """Text to the row that holds it, for texts that each come once."""

    def __init__(self, texts: Texts, index: RowIndex) -> None:
        self._texts, self._index = texts, index

    def __getitem__(self, text: str) -> int:
        rows = self._index.rows(text) if isinstance(text, str) else ()
        if not len(rows):
            raise KeyError(text)
        return int(rows[0])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def of(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """The rows of many at once, -1 for those that nobody has."""
        return self._index.first(list(texts))
