"""Columns of cases as sequences over Arrow and numpy: a row becomes a Python value only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

T = TypeVar("T")

BLOCK = 16_384
"""Rows that are made Python values at once where all are read."""


class Column(Sequence[T]):
    """One column, row by row; equal to any sequence of the same values."""

    __hash__ = None  # type: ignore[assignment]

    def _at(self, row: int) -> T:
        raise NotImplementedError

    def _block(self, start: int, stop: int) -> list[T]:
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        count = len(self)
        if isinstance(place, slice):
            start, stop, step = place.indices(count)
            return self._block(start, stop) if step == 1 else [self._at(row) for row in range(start, stop, step)]
        if not -count <= place < count:
            raise IndexError(f"no row {place} among {count}")
        return self._at(int(place) % count)

    def __iter__(self) -> Iterator[T]:
        for start in range(0, len(self), BLOCK):
            yield from self._block(start, min(start + BLOCK, len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == also for one, also in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self)} rows"


class Texts(Column[str]):
    """Texts that mostly occur once, such as ids, as Arrow holds them."""

    def __init__(self, array: pa.ChunkedArray) -> None:
        self.array = array
        """Arrow strings, n in all, none of them null."""

    def __len__(self) -> int:
        return len(self.array)

    def _at(self, row: int) -> str:
        text: str = self.array[row].as_py()
        return text

    def _block(self, start: int, stop: int) -> list[str]:
        found: list[str] = self.array.slice(start, max(0, stop - start)).to_numpy(zero_copy_only=False).tolist()
        return found

    def __contains__(self, value: object) -> bool:
        from pyarrow import compute

        return isinstance(value, str) and bool(compute.index(self.array, value).as_py() >= 0)

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        from pyarrow import compute

        place: int = compute.index(self.array[start:stop], value).as_py()
        if place < 0:
            raise ValueError(f"{value!r} is in no row")
        return start + place

    @cached_property
    def coded(self) -> Coded[str]:
        """The same, each distinct text once."""
        return coded(self.array)


class Coded(Column[T | None], Generic[T]):
    """Values of which many rows have the same: each once, and its number a row."""

    def __init__(self, values: Sequence[T] | pa.Array, codes: NDArray[np.int32]) -> None:
        self.values = values
        """Distinct values in the order in which they first occur, k in all; Arrow where all are of one type."""
        self.codes = codes
        """Each row's place in `values`, -1 where unknown; shape (n,)."""

    def __len__(self) -> int:
        return len(self.codes)

    def _at(self, row: int) -> T | None:
        return self._value(int(self.codes[row]))

    def _value(self, code: int) -> T | None:
        if code < 0:
            return None
        value = self.values[code]
        plain: T = value.as_py() if hasattr(value, "as_py") else value
        return plain

    def _block(self, start: int, stop: int) -> list[T | None]:
        found, places = np.unique(self.codes[start:stop], return_inverse=True)
        values = [self._value(code) for code in found.tolist()]
        return [values[place] for place in places.tolist()]

    def __contains__(self, value: object) -> bool:
        return bool((self.codes < 0).any()) if value is None else value in self.distinct()

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows that have a value, shape (n,)."""
        return self.codes >= 0

    def distinct(self) -> list[T]:
        """All values that a row has, each once."""
        values: list[T] = self.values.to_pylist() if hasattr(self.values, "to_pylist") else list(self.values)
        return values

    def mask(self, value: T | None) -> NDArray[np.bool_]:
        """Rows with this value, None for the unknown; shape (n,)."""
        if value is None:
            return ~self.known
        same = [code for code, held in enumerate(self.distinct()) if held == value and type(held) is type(value)]
        found: NDArray[np.bool_] = np.isin(self.codes, np.array(same, np.int32))
        return found

    def counts(self) -> dict[T, int]:
        """Rows of each value."""
        rows = np.bincount(self.codes[self.known], minlength=len(self.values)).tolist()
        return dict(zip(self.distinct(), rows, strict=True))


class Labels(Column[tuple[str, ...]]):
    """Labels of one task; a row may have several, or none where they are unknown."""

    def __init__(self, names: Sequence[str], codes: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        self.names = tuple(names)
        """Each label that a row has, in the order in which they first occur."""
        self.codes = codes
        """All rows' labels one after the other, as places in `names`; shape (m,)."""
        self.offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
        """Row i has the codes from `offsets[i]` up to `offsets[i + 1]`; shape (n + 1,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def _at(self, row: int) -> tuple[str, ...]:
        return tuple(self.names[code] for code in self.codes[self.offsets[row] : self.offsets[row + 1]].tolist())

    def _block(self, start: int, stop: int) -> list[tuple[str, ...]]:
        stop = max(start, stop)
        bounds = self.offsets[start : stop + 1].tolist()
        first = bounds[0]
        names = [self.names[code] for code in self.codes[first : bounds[-1]].tolist()]
        return [tuple(names[a - first : b - first]) for a, b in pairwise(bounds)]

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each of `codes`, shape (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows that have a label, shape (n,)."""
        return np.diff(self.offsets) > 0

    def mask(self, label: str) -> NDArray[np.bool_]:
        """Rows that have this label, be it among others; shape (n,)."""
        rows = np.zeros(len(self), np.bool_)
        if label in self.names:
            rows[self.rows[self.codes == self.names.index(label)]] = True
        return rows

    def counts(self) -> dict[str, int]:
        """Rows of each label."""
        return dict(zip(self.names, np.bincount(self.codes, minlength=len(self.names)).tolist(), strict=True))


def coded(array: pa.ChunkedArray) -> Coded[Any]:
    """An Arrow column with each distinct value once; null is unknown."""
    import pyarrow as pa

    encoded = array.dictionary_encode()
    if not encoded.num_chunks:
        return Coded(pa.array([], array.type), np.zeros(0, np.int32))
    # All chunks share one dictionary, the last one's: an earlier one's may be shorter.
    codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in encoded.chunks])
    return Coded(encoded.chunks[-1].dictionary, codes.astype(np.int32, copy=False))


def labels(array: pa.ChunkedArray) -> Labels:
    """An Arrow column of lists of strings; a null list is unknown, as an empty one is."""
    from pyarrow import compute

    lengths = compute.list_value_length(array).fill_null(0).to_numpy().astype(np.int64)
    flat = coded(compute.list_flatten(array))
    return Labels(flat.distinct(), flat.codes, lengths)


def hash_matrix(array: pa.ChunkedArray, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Binary cells of one width as rows, uint8, shape (n, width), zeros where null; and which rows are null."""
    rows = np.zeros((len(array), width), np.uint8)
    null = np.zeros(len(array), np.bool_)
    start = 0
    for chunk in array.chunks:
        part = slice(start, start + len(chunk))
        null[part] = chunk.is_null().to_numpy(zero_copy_only=False)
        if (cells := chunk.buffers()[1]) is not None:
            held = np.frombuffer(cells, np.uint8)[chunk.offset * width :][: len(chunk) * width].reshape(-1, width)
            rows[part] = np.where(null[part, None], 0, held)
        start = part.stop
    rows.flags.writeable = False
    return rows, null
