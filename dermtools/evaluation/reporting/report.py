"""`report.html`: one page that a clinician or an engineer would like to read, complete in itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting import tables
from dermtools.evaluation.reporting.report_data import page_data
from dermtools.files import write_whole
from dermtools.pages import templates, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from dermtools.evaluation.reporting.projection import CaseMap
    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.running.run import Run
    from dermtools.retrieval import CaseBase


def write_report(run: Run, found: Results, case_base: CaseBase, layout: CaseMap) -> Path:
    """Write `report.html` into the run's folder: no network, no other file.

    Args:
        run: what was asked and answered.
        found: what `results` says of it, analyses included where the page is to show them.
        case_base: for pictures and the map.
        layout: the map of the case base.

    Returns:
        The page's path.

    Raises:
        QueryError: a case of the run is no longer in the case base.
    """
    page = (
        _templates()
        .get_template("report.html.j2")
        .render(
            results=found,
            spec=run.spec,
            rows=tables.rows(found, costs=False),
            caption=tables.caption(run.spec),
            method_text=tables.method_text(),
            comparison_rows=tables.comparison_rows(found),
            data=page_data(run, case_base, layout),
            cases=len(case_base),
        )
    )
    path = run.path / "report.html"
    write_whole(path, page)
    return path


@cache
def _templates() -> Environment:
    environment = templates("dermtools.evaluation.reporting")
    environment.filters["percent"] = tables.percent
    environment.filters["span"] = tables.span
    environment.filters["seconds"] = tables.seconds
    environment.filters["dollars"] = tables.dollars
    environment.filters["unlabelled"] = tables.unlabelled
    for name, room, file in (
        ("house_style", "dermtools.retrieval", "style.css"),
        ("style", "dermtools.evaluation.reporting", "report.css"),
        ("script", "dermtools.evaluation.reporting", "report.js"),
    ):
        environment.globals[name] = verbatim(room, file)
    return environment
