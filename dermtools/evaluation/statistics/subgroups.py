"""Accuracy and calibration for whom: skin type, sex, age and body site, each with its number and its intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.evaluation.statistics.metrics import confidences
from dermtools.intervals import Interval, difference_interval, share_interval
from dermtools.vocabularies import COLUMNS, records

if TYPE_CHECKING:
    from dermtools.cases.case import Case
    from dermtools.evaluation.scoring import Scored

UNKNOWN = "unknown"
FEW = 20
"""Groups with fewer cases than this are shown, and said to be too small to be judged."""
_AGES = ((0, 18), (18, 40), (40, 65), (65, 200))


@dataclass(frozen=True)
class Subgroup:
    """The cases that share one value of an attribute."""

    attribute: str
    value: str
    n: int
    groups: int
    right: int
    interval: Interval
    """95 %, over groups."""
    overconfidence: float | None
    """Mean confidence minus accuracy, in [-1, 1], of the answers with probabilities; None without any."""
    overconfidence_interval: Interval | None
    """95 %, over groups."""

    @property
    def few(self) -> bool:
        """Whether there are too few cases to judge."""
        return self.n < FEW


def subgroups(scored: Scored, cases: Mapping[str, Case], task: str) -> list[Subgroup]:
    """Accuracy of one method for every value of skin type, sex, age band and site that is recorded.

    `cases` (by case id) have the attributes and the labels of other tasks; `task` is not split by its own labels.
    """
    found = []
    for kind in COLUMNS:
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, target in enumerate(scored.targets):
            rows[_value(kind, cases[target.case_id], task)].append(row)
        for value in sorted(rows, key=_order) if set(rows) != {UNKNOWN} else ():
            part = scored.only(rows[value])
            n, right = len(part), int(part.right.sum())
            interval = share_interval(part.right, part.groups)
            found.append(Subgroup(kind, value, n, int(part.groups.max()) + 1, right, interval, *_overconfidence(part)))
    return found


def _overconfidence(part: Scored) -> tuple[float, Interval] | tuple[None, None]:
    rows, confidence, right = confidences(part)
    if not len(rows):
        return None, None
    excess = confidence - right
    return float(excess.mean()), difference_interval(excess, part.groups[rows])


def age_band(age: float) -> str:
    """The band of an age in years, e.g. `18 to 39`."""
    low, high = next((band for band in _AGES if band[0] <= age < band[1]), (None, 0))
    if low is None:
        return UNKNOWN
    return f"{low} and over" if high == _AGES[-1][1] else f"{low} to {high - 1}"


def _value(kind: str, case: Case, task: str) -> str:
    if kind == "site":
        labels = next((case.labels[name] for name in case.labels if name != task and records(kind, name)), None)
        if labels:
            return ", ".join(labels)
    named = (case.attributes[name] for word in COLUMNS[kind] for name in case.attributes if word == name.lower())
    value = next(named, next((value for name, value in case.attributes.items() if records(kind, name)), None))
    if value is None or value == "":
        return UNKNOWN
    if kind == "age":
        try:
            return age_band(float(value))
        except ValueError:
            return UNKNOWN
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _order(value: str) -> tuple[bool, int, str]:
    """Ages and skin types in their own order, the unknown last."""
    first = value.split(" ")[0]
    return value == UNKNOWN, int(first) if first.isdecimal() else 0, value
