"""Cases in the order of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.retrieval.search.fields import Encoded
    from dermtools.retrieval.search.snapshot import Snapshot


def ordered(snapshot: Snapshot, where: str = "", by: str = "case_id", *, descending: bool = False) -> NDArray[np.int64]:
    """Rows that satisfy a condition, sorted by a column, shape (m,); the unknown last, equals by their id.

    Of several labels the first in the column's order counts. A QueryError for a bad condition or column.
    """
    fields = snapshot.fields()
    rows = np.flatnonzero(snapshot.matching(where)) if where.strip() else np.arange(len(snapshot))
    keys = [_places(fields["case_id"].encoded, len(snapshot))]
    if by != "case_id":
        keys.append(_places(fields[by].encoded, len(snapshot)))
    if descending:
        keys[-1] = np.where(keys[-1] == len(snapshot), keys[-1], -keys[-1])
    return rows[np.lexsort([key[rows] for key in keys])]


def _places(encoded: Encoded, count: int) -> NDArray[np.int64]:
    """Of each row the place of its value among the sorted ones, `count` where it is unknown; shape (count,)."""
    import pyarrow as pa
    from pyarrow import compute

    rank = np.empty(len(encoded.values), np.int64)
    if encoded.values.dtype == object:  # Arrow sorts texts by their bytes, which is the order of code points
        order = compute.sort_indices(pa.array(encoded.values, pa.string())).to_numpy()
    else:
        order = np.argsort(encoded.values, kind="stable")
    rank[order] = np.arange(len(rank))
    places = np.full(count, count, np.int64)
    np.minimum.at(places, encoded.rows, rank[encoded.codes])
    return places
