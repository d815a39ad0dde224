"""Several pictures of one patient, searched as one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.embedding.vectors import checked_vector
from dermtools.errors import QueryError
from dermtools.retrieval.queries import embedded
from dermtools.retrieval.search.pipeline import SearchOptions, search_jointly
from dermtools.retrieval.spaces import remarks

if TYPE_CHECKING:
    from dermtools.prediction import Query
    from dermtools.retrieval.case_base import CaseBase
    from dermtools.retrieval.search.neighbors import Neighbors

MAX_VIEWS = 16
"""Each is a search of its own."""


@dataclass(frozen=True)
class JointlyFound:
    """Neighbours of several views together."""

    neighbors: Neighbors
    nearest_views: tuple[int, ...]
    """To which view each neighbour is as near as its distance says, from 0, in the order of the neighbours."""


def search_views(case_base: CaseBase, views: Sequence[Query], options: SearchOptions) -> JointlyFound:
    """Search with all views of one patient: a case is as near as it is to the view that it is nearest to.

    The smallest distance, not a mean of them: a close-up and an overview of one lesion each resemble cases that the
    other does not, and one good view must not be spoilt by the rest. Distances of one embedder are comparable, so the
    order is that of one list. What the leak guard leaves out for any view is left out for all.

    Args:
        case_base: what is searched.
        views: made by `CaseBase.query`, one to `MAX_VIEWS`, of one patient.
        options: as of `CaseBase.search`.

    Raises:
        QueryError: no view or too many, or an option cannot be met as given.
    """
    if not 1 <= len(views) <= MAX_VIEWS:
        raise QueryError(f"search with 1 to {MAX_VIEWS} views of one patient, not {len(views)}")
    vectors = [
        checked_vector(
            embedded(view, case_base.embedder) if view.vector is None else view.vector, case_base.identity, view.name
        )
        for view in views
    ]
    snapshot = case_base.snapshot
    name, asked = f"{len(views)} views", list(zip(views, vectors, strict=True))
    found = search_jointly(snapshot, name, asked, options, case_base.store.jpegs, case_base.attributes.may_leave)
    found.notes += (
        f"{len(views)} views of one patient searched together: each case at its distance to the view nearest to it; "
        "what is any view's own is left out",
        *remarks(case_base.store),
    )
    rows = np.array([snapshot.row(case_id) for case_id in found.case_ids], np.int64)
    near = np.asarray(snapshot.index.vectors[rows], np.float64)
    distances = np.stack([np.square(near - vector).sum(axis=1) for vector in vectors])
    return JointlyFound(found, tuple(distances.argmin(axis=0).tolist()))
