"""Lookup tables of DICOM: of the modality, of values of interest, and palettes (PS3.3 C.11.1, C.11.2, C.7.6.3.1.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dermtools.images.colour import scale_to_8_bit


class Table(NamedTuple):
    """The output for each input from `first` on; what lies outside takes the first or the last entry."""

    entries: Any
    first: int

    def __call__(self, values: Any) -> Any:
        # Whether `first` is signed is ambiguous in many files: the reading that meets the values is meant.
        low, high = values.min(), values.max()
        readings = (self.first, self.first - 0x10000, self.first + 0x10000)
        first = next((at for at in readings if at <= high and at + len(self.entries) > low), self.first)
        index = np.clip(np.rint(np.nan_to_num(values)) - first, 0, len(self.entries) - 1)
        return self.entries[index.astype(np.intp)]


def each_level(samples: Any, pixels_of: Callable[[Any], Any]) -> Any:
    """`pixels_of` (values to 8 bits) for all samples; up to 16 bits asked once for each value there is, in a row.

    Row by row, since numpy widens an index to 8 bytes.
    """
    if samples.dtype.kind == "f" or samples.itemsize > 2:
        return pixels_of(samples)
    codes = samples.view(f"u{samples.itemsize}")
    there = np.zeros(2 ** (8 * samples.itemsize), dtype=bool)
    for row in codes:
        there[row] = True
    pixels = np.zeros(there.size, dtype=np.uint8)
    pixels[there] = pixels_of(np.flatnonzero(there).astype(codes.dtype).view(samples.dtype))
    return np.stack([pixels[row] for row in codes])


def lookup_table(dataset: Any, sequence: str, is_little_endian: bool) -> Table | None:
    """The first table of a sequence of such, None where there is none; a ValueError where it is damaged."""
    items = dataset.get(sequence)
    return _table(items[0], "LUTDescriptor", "LUTData", is_little_endian) if items else None


def colour_by_palette(samples: Any, dataset: Any) -> Any:
    """Indices to rows x columns x 3 of 8 bits by the palette, plain or segmented; a ValueError where it is damaged."""
    tables = []
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTable"
        data = f"{name}Data" if dataset.get(f"{name}Data") is not None else f"Segmented{name}Data"
        tables.append(_table(dataset, f"{name}Descriptor", data, dataset.original_encoding[1]))
    # Entries have 8 or 16 bits; which, many descriptors say wrong.
    top = 255.0 if max(table.entries.max() for table in tables) < 256 else 65535.0

    def channel(table: Table) -> Any:
        return each_level(samples, lambda values: scale_to_8_bit(table(values), 0.0, top))

    return np.stack([channel(table) for table in tables], axis=-1)


def _table(item: Any, descriptor: str, data: str, is_little_endian: bool) -> Table:
    for keyword in (descriptor, data):
        if item.get(keyword) is None:
            raise ValueError(f"it has no {keyword}")
    count, first, bits = (int(value) for value in item.get(descriptor))
    count = count & 0xFFFF or 0x10000
    value = item.get(data)
    if isinstance(value, bytes):
        words = np.frombuffer(value + bytes(len(value) % 2), "<u2" if is_little_endian else ">u2")
    else:
        words = np.ravel(value) & 0xFFFF
    words = words.astype("<u2")
    if data.startswith("Segmented"):
        parts = words.view(np.uint8) if bits == 8 else words
        words = _expanded(parts.tolist(), 1 if bits == 8 else 2, count)
    elif count > 1 and words.size == (count + 1) // 2:  # two entries of 8 bits a word
        words = words.view(np.uint8)
    if words.size < count:
        raise ValueError(f"its {data} has {words.size} of {count} entries")
    return Table(words[:count], first)


def _expanded(parts: list[int], size: int, count: int) -> Any:
    """`count` entries from segments (C.7.9.2) of parts of `size` bytes; an IndexError where they are cut off.

    pydicom's own counts the offset of an indirect segment in parts, where the standard counts in bytes.
    """
    entries: list[int] = []

    def add_segment(at: int) -> int:
        kind, length = parts[at : at + 2]
        if not length:
            raise ValueError("its palette has a segment without entries")
        if kind == 0:  # discrete
            entries.extend(parts[at + 2 : at + 2 + length])
            return at + 2 + length
        if kind != 1:
            raise ValueError(f"its palette has a segment of the unknown kind {kind}")
        line = np.linspace(entries[-1], parts[at + 2], length + 1)[1:]
        entries.extend(int(entry) for entry in np.rint(line))
        return at + 3

    at = 0
    while len(entries) < count and at + 1 < len(parts):
        if parts[at] != 2:
            at = add_segment(at)
            continue
        end = at + 2 + 4 // size
        copied = sum(part << (8 * size * place) for place, part in enumerate(parts[at + 2 : end])) // size
        for _ in range(parts[at + 1]):  # indirect: so many segments from there on
            if len(entries) >= count:
                break
            copied = add_segment(copied)
        at = end
    return np.array(entries, dtype=np.uint16)
