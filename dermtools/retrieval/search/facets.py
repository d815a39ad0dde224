"""How many cases have each value of each column, of all and of those that a condition leaves."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import SPLITS, AttributeValue
from dermtools.retrieval.search.choices import Choice, choices_of, condition
from dermtools.vocabularies import COLUMNS, fitzpatrick_name, fitzpatrick_type, records

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.retrieval.search.fields import Encoded, Kind
    from dermtools.retrieval.search.snapshot import Snapshot

FEW = 12
"""Values that can be seen at once; of more, those are listed that most cases have."""
LISTED = 60
BINS = 24
_STEPS = (1, 2, 5, 10)


class Count(BaseModel, frozen=True):
    """Cases with one value."""

    value: AttributeValue
    shown: str | None = Field(default=None, description="how people say it, where that is not the value itself")
    total: int
    left: int = Field(description="of these, how many all other conditions leave")


class Bin(BaseModel, frozen=True):
    """Cases with a number in one part of the range."""

    low: float
    high: float = Field(description="the greatest number that is there, inclusive")
    total: int
    left: int


class Facet(BaseModel):
    """One column; `left` is what the conditions on other columns leave, so that a further value can be weighed."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str = Field(description="labels, text, number or boolean")
    records: str | None = Field(description="a kind of `vocabularies.COLUMNS` that the column's name tells")
    distinct: int
    values: tuple[Count, ...] = Field(description="empty for numbers of many values, unless they are chosen")
    unknown: Count | None = Field(description="cases without a value; its `value` is empty")
    bins: tuple[Bin, ...] = Field(default=(), description="for numbers of many values")
    low: float | None = None
    high: float | None = None


class Facets(BaseModel, frozen=True):
    """All columns under one condition, and what the condition chooses of each."""

    cases: int
    left: int = Field(description="cases that satisfy the condition")
    choices: dict[str, Choice]
    rest: str = Field(description="what of the condition chooses nothing of one column")
    facets: tuple[Facet, ...]


def facets(snapshot: Snapshot, where: str = "", names: Collection[str] = (), find: str = "") -> Facets:
    """Count the values of columns.

    Args:
        snapshot: of a case base.
        where: a condition, empty for none.
        names: of columns; all but the case ids where none is named, and these where the condition chooses some.
        find: list the values that contain this text, whatever their case, and no others.

    Raises:
        QueryError: the condition cannot be met, or there is no such column.
    """
    fields = snapshot.fields()
    chosen = choices_of(where, fields)
    everything = np.ones(len(snapshot), np.bool_)
    found = []
    for name in names or _in_view(snapshot, fields.names, chosen.choices):
        others = {other: choice for other, choice in chosen.choices.items() if other != name}
        without = condition(others, chosen.rest)
        left = snapshot.matching(without) if without else everything
        field = fields[name]
        choice = chosen.choices.get(field.name, Choice())
        found.append(_facet(field.name, field.kind, field.encoded, left, choice, find.casefold()))
    return Facets(
        cases=len(snapshot),
        left=int((snapshot.matching(where) if where.strip() else everything).sum()),
        choices=chosen.choices,
        rest=chosen.rest,
        facets=tuple(found),
    )


def _in_view(snapshot: Snapshot, names: Collection[str], chosen: Collection[str]) -> list[str]:
    """The columns in the order of use: what is asked of cases, what is known of them, who they are."""
    last = ["group_id", *(["case_id"] if "case_id" in chosen else [])]
    first = [*snapshot.tasks, "split"]
    return [*first, *(name for name in names if name not in {*first, "group_id", "case_id"}), *last]


def _facet(name: str, kind: Kind, encoded: Encoded, left: NDArray[np.bool_], choice: Choice, find: str) -> Facet:
    distinct = len(encoded.values)
    total = np.bincount(encoded.codes, minlength=distinct)
    kept = np.bincount(encoded.codes[left[encoded.rows]], minlength=distinct)
    recorded = next((one for one in COLUMNS if records(one, name)), None)
    unknown = ~encoded.known
    ranged = kind == "number" and distinct > FEW
    bins = tuple(_bins(encoded, total, kept)) if ranged else ()
    order = _order(encoded, total, kept, choice, find, listed=not ranged)
    values = [(_plain(encoded.values[code]), total[code], kept[code]) for code in order.tolist()]
    counts = [Count(value=one, shown=fitzpatrick_name(name, one), total=n, left=also) for one, n, also in values]
    return Facet(
        name=name,
        kind=kind,
        records=recorded,
        distinct=distinct,
        values=tuple(sorted(counts, key=lambda one: _place(one, name, kind, recorded, few=distinct <= FEW))),
        unknown=Count(value="", total=unknown.sum(), left=(unknown & left).sum()) if unknown.any() else None,
        bins=bins,
        low=bins[0].low if bins else None,
        high=bins[-1].high if bins else None,
    )


def _order(
    encoded: Encoded,
    total: NDArray[np.int64],
    kept: NDArray[np.int64],
    choice: Choice,
    find: str,
    *,
    listed: bool,
) -> NDArray[np.int64]:
    """Codes of the values to list: the chosen ones, and of the others those that most cases have."""
    chosen = np.isin(encoded.values, np.array(choice.values, encoded.values.dtype)) if choice.values else None
    fits = np.full(len(total), listed)
    if find:
        fits = np.array([find in str(value).casefold() for value in encoded.values], np.bool_)
    elif chosen is not None:
        fits |= chosen
    codes = np.flatnonzero(fits)
    if len(codes) <= LISTED:
        return codes
    first = np.zeros(len(total), np.bool_) if chosen is None else chosen
    return codes[np.lexsort((-total[codes], -kept[codes], ~first[codes]))[:LISTED]]


def _place(one: Count, name: str, kind: Kind, recorded: str | None, *, few: bool) -> tuple[float, float, str]:
    """Where a value stands in its list: in the order that it has by itself, else most cases first."""
    if name == "split":
        return SPLITS.index(one.value), 0, ""
    if recorded == "skin type" and (skin := fitzpatrick_type(one.value)):
        return skin, 0, str(one.value)
    if kind == "number" and few:
        return float(one.value), 0, ""
    return math.inf, -one.total, str(one.value)


def _bins(encoded: Encoded, total: NDArray[np.int64], kept: NDArray[np.int64]) -> Iterator[Bin]:
    """Parts of equal width, 1, 2 or 5 times a power of ten, that hold all numbers."""
    numbers = encoded.values.astype(np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    scale = 10.0 ** math.floor(math.log10((high - low) / BINS))
    step = next((scale * step for step in _STEPS if (high - low) / (scale * step) < BINS), 10 * scale)
    places = np.floor(numbers / step).astype(np.int64)
    places -= places.min()
    for place in range(int(places.max()) + 1):
        inside = places == place
        start = (math.floor(low / step) + place) * step
        held = numbers[inside]
        yield Bin(
            low=held.min() if len(held) else start,
            high=held.max() if len(held) else start,
            total=total[inside].sum(),
            left=kept[inside].sum(),
        )


def _plain(value: Any) -> AttributeValue:
    plain: AttributeValue = value.item() if isinstance(value, np.generic) else value
    return plain
