"""Search results as one page, complete in itself: pictures inline, no script, no network.

A long result is laid out in sheets, of which one is shown: the address says which, and a browser decodes no other's
pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dermtools.cases.case import Case
from dermtools.images import encode_jpeg
from dermtools.prediction import Prediction, Query
from dermtools.retrieval.search.neighbors import Neighbor, Neighbors, neighbor_templates

if TYPE_CHECKING:
    from dermtools.retrieval.case_base import CaseBase


SHEET = 60
"""Neighbours on a sheet."""


@dataclass(frozen=True)
class Tile:
    """A case as a page shows it: a neighbour with attributes of one's choice, or one of a mere list of cases."""

    rank: int
    case: Case
    attributes: Mapping[str, Any] = field(default_factory=dict)
    distance: float | None = None
    """To the query; None in a list."""


@dataclass(frozen=True)
class Result:
    """One query with its neighbours, and optionally what methods predicted for it."""

    name: str
    neighbors: Sequence[Neighbor | Tile]
    jpegs: Mapping[str, bytes] = field(repr=False)
    """Case id to its stored JPEG."""
    jpeg: bytes | None = field(default=None, repr=False)
    """The query's picture."""
    case: Case | None = None
    """The query where it is a labelled case itself."""
    predictions: Sequence[Prediction] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    """What the leak guard left out: case id to why."""
    listed: bool = False
    """Whether it is a list of cases, without a query."""


@dataclass(frozen=True)
class Page:
    """A page of results."""

    title: str
    results: Sequence[Result]
    intro: str = ""
    notes: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    """Name and value, shown as figures at the top."""
    table: Sequence[Sequence[str]] = ()
    """Head row, then rows."""
    table_note: str = ""


def result_for(
    case_base: CaseBase, query: Query, neighbors: Sequence[Neighbor], *, predictions: Sequence[Prediction] = ()
) -> Result:
    """Collect what a page shows of one query: its picture, its neighbours' pictures, its labels if it is a case."""
    return Result(
        name=query.name,
        neighbors=neighbors,
        jpegs=case_base.store.jpegs([neighbor.case.case_id for neighbor in neighbors]),
        jpeg=query.jpeg or (encode_jpeg(query.image) if query.image else None),
        case=case_base.attributes.visible(case_base.case(query.case_id)) if query.case_id else None,
        predictions=predictions,
        left_out=neighbors.left_out if isinstance(neighbors, Neighbors) else {},
    )


def page_html(page: Page) -> str:
    """A page of results as one HTML document."""
    return neighbor_templates().get_template("page.html.j2").render(vars(page) | {"sheet": SHEET})
