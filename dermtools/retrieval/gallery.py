"""Neighbours as a person would look at them: a page on disk, a fragment in a notebook.

Pages are self-contained: pictures inline, no script, no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dermtools.cases.case import Case
from dermtools.images import data_url, encode_jpeg
from dermtools.pages import templates, verbatim
from dermtools.prediction import Prediction, Query

if TYPE_CHECKING:
    from jinja2 import Environment

    from dermtools.retrieval.case_base import CaseBase
    from dermtools.retrieval.search.neighbors import Neighbor


@dataclass(frozen=True)
class Result:
    """One query with its neighbours, and optionally what methods predicted for it."""

    name: str
    neighbors: Sequence[Neighbor]
    jpegs: Mapping[str, bytes]
    """Case id to its stored JPEG."""
    jpeg: bytes | None = None
    """The query's picture."""
    case: Case | None = None
    """The query where it is a labelled case itself."""
    predictions: Sequence[Prediction] = ()
    remark: str = ""


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
    case_base: CaseBase,
    query: Query,
    neighbors: Sequence[Neighbor],
    *,
    predictions: Sequence[Prediction] = (),
    remark: str = "",
) -> Result:
    """Collect what a page shows of one query: its picture, its neighbours' pictures, its labels if it is a case."""
    jpeg = query.jpeg or (encode_jpeg(query.image) if query.image else None)
    return Result(
        name=query.name,
        neighbors=neighbors,
        jpegs=case_base.jpegs([neighbor.case.case_id for neighbor in neighbors]),
        jpeg=jpeg,
        case=case_base.case(query.case_id) if query.case_id else None,
        predictions=predictions,
        remark=remark,
    )


def gallery_html(query: str, neighbors: Sequence[Neighbor], jpegs: Mapping[str, bytes]) -> str:
    """Neighbours as an HTML fragment for a notebook."""
    return _templates().get_template("fragment.html.j2").render(query=query, neighbors=list(neighbors), jpegs=jpegs)


def page_html(page: Page) -> str:
    """A page of results as one HTML document."""
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            title=page.title,
            intro=page.intro,
            notes=page.notes,
            facts=page.facts,
            table=page.table,
            table_note=page.table_note,
            results=page.results,
        )
    )


@cache
def _templates() -> Environment:
    environment = templates("dermtools.retrieval")
    environment.filters["data_url"] = data_url
    environment.filters["number"] = _number
    environment.globals["style"] = verbatim("dermtools.retrieval", "style.css")
    return environment


def _number(distance: float) -> str:
    """Four significant digits, whatever the embedder's scale."""
    return f"{distance:.4g}"
