"""Attributes of all cases, one column a name, from the JSON object of each row."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dermtools.cases.case import AttributeValue
from dermtools.cases.column_values import Coded

PARSED = 50_000
"""Distinct cells that are parsed at once: one parse of many is several times faster than one a cell."""
_WHOLE = 2**63


class AttributeColumns(Mapping[str, Coded[AttributeValue]]):
    """Attribute name to its column, by cells that each hold a JSON object; an unknown one has no attribute.

    Each distinct cell is parsed once, and a row's place is looked up when its column is first asked for.
    """

    def __init__(self, cells: Coded[str]) -> None:
        """A ValueError where a cell is not a JSON object."""
        texts, count = cells.values, len(cells.values)
        values: defaultdict[str, dict[tuple[type, Any], int]] = defaultdict(dict)
        # The last entry, -1, is what an unknown cell's code of -1 picks.
        places: defaultdict[str, Any] = defaultdict(lambda: np.full(count + 1, -1, np.int32))
        for start in range(0, count, PARSED):
            for cell, attributes in enumerate(objects(list(map(str, texts[start : start + PARSED]))), start):
                for name, value in attributes.items():
                    held, of_cell = values[name], places[name]
                    if value is not None:
                        of_cell[cell] = held.setdefault((type(value), value), len(held))
        self._cells = cells.codes
        self._values = {name: _held([value for _, value in held]) for name, held in values.items()}
        self._places = dict(places)
        self._made: dict[str, Coded[AttributeValue]] = {}

    def __getitem__(self, name: str) -> Coded[AttributeValue]:
        if name not in self._made:
            self._made[name] = Coded(self._values[name], self._places[name][self._cells])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def objects(texts: Sequence[str]) -> list[dict[str, AttributeValue | None]]:
    """The JSON objects that texts are; a ValueError where one is none."""
    try:
        parsed: list[dict[str, AttributeValue | None]] = json.loads("[" + ",".join(texts) + "]")
    except RecursionError:
        raise ValueError("an attributes cell is nested too deeply") from None
    if len(parsed) != len(texts) or not all(isinstance(attributes, dict) for attributes in parsed):
        raise ValueError("an attributes cell is not a JSON object")
    return parsed


def _held(values: list[Any]) -> Any:
    """As Arrow where all are of one type that Arrow gives back as it was, else as they are."""
    import pyarrow as pa

    kinds = set(map(type, values))
    whole = kinds == {int} and all(-_WHOLE <= value < _WHOLE for value in values)
    return pa.array(values) if whole or (len(kinds) == 1 and kinds <= {str, float, bool}) else values
