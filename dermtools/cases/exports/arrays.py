"""Vectors, labels and groups as NumPy arrays, as scikit-learn takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from dermtools.errors import QueryError
from dermtools.text import instead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns

MultiLabel = Literal["refuse", "leave-out", "indicator"]
CHOICES: tuple[MultiLabel, ...] = ("refuse", "leave-out", "indicator")


class Arrays(NamedTuple):
    """Row i of all three is the same case."""

    X: NDArray[np.float32]
    """Embeddings, float32, shape (n, d)."""
    y: NDArray[Any]
    """One label a case, shape (n,); or 0 and 1, int8, shape (n, labels), in the order of the task's labels."""
    groups: NDArray[np.str_]
    """Group of each case, shape (n,), for `GroupKFold` and its like."""


def arrays(
    columns: CaseColumns,
    vectors: NDArray[np.float32],
    rows: Sequence[int],
    task: str,
    labels: Sequence[str],
    multi_label: MultiLabel,
) -> Arrays:
    """The arrays of those of `rows` that have a label of `task`; `labels` is its closed set. See `CaseBase.to_arrays`.

    Raises:
        QueryError: no case is left, some have several labels and are to be refused, or another `multi_label`.
    """
    if multi_label not in CHOICES:
        raise QueryError(f"multi_label {multi_label!r}; {instead(str(multi_label), CHOICES)}")
    column = columns.labels[task]
    kept = [row for row in rows if column[row]]
    several = sum(len(column[row]) > 1 for row in kept)
    if several and multi_label == "refuse":
        how = "multi_label='leave-out' passes over them, 'indicator' makes y a matrix of 0 and 1"
        raise QueryError(f"{several} of {len(kept)} cases have several labels of {task!r}; {how}")
    if multi_label == "leave-out":
        kept = [row for row in kept if len(column[row]) == 1]
    if not kept:
        raise QueryError(f"no case has a label of {task!r} here; choose another task or split")
    if multi_label == "indicator":
        y = np.array([[label in column[row] for label in labels] for row in kept], dtype=np.int8)
    else:
        y = np.array([column[row][0] for row in kept])
    return Arrays(vectors[kept], y, np.array([columns.group_ids[row] for row in kept]))
