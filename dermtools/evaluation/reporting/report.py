"""From a finished evaluation to what people look at: `report.html`, complete in itself, and the figures."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting import tables
from dermtools.evaluation.reporting.figures import write_figures
from dermtools.evaluation.reporting.projection import CaseMap, Projection, case_map
from dermtools.evaluation.reporting.report_data import page_data
from dermtools.files import write_whole
from dermtools.pages import templates, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.running.run import Run
    from dermtools.retrieval import CaseBase


def publish(run: Run, found: Results, case_base: CaseBase, *, projection: Projection = "auto") -> list[Path]:
    """Write `report.html` and `figures/` into the run's folder; the page comes first and needs no extra.

    Args:
        run: what was asked and answered.
        found: what `results` says of it, analyses included where the page is to show them.
        case_base: for pictures and the map.
        projection: how the map is laid out.

    Raises:
        QueryError: a case of the run is no longer in the case base.
        MissingExtraError: matplotlib is not installed, or UMAP is asked for and not installed.
    """
    layout = case_map(case_base, projection=projection, seed=run.spec.seed, kept=run.path / "map.json")
    page = write_report(run, found, case_base, layout)
    return [page, *write_figures(run, found, layout)]


def write_report(run: Run, found: Results, case_base: CaseBase, layout: CaseMap) -> Path:
    """Write `report.html` into the run's folder: no network, no other file. See `publish`; `layout` is the map."""
    page = _templates().get_template("report.html.j2")
    path = run.path / "report.html"
    write_whole(
        path,
        page.render(
            results=found,
            spec=run.spec,
            rows=tables.rows(found, costs=False),
            caption=tables.caption(run.spec),
            method_text=tables.method_text(),
            comparison_rows=tables.comparison_rows(found),
            data=page_data(run, case_base, layout),
            cases=len(case_base),
        ),
    )
    return path


@cache
def _templates() -> Environment:
    environment = templates("dermtools.evaluation.reporting")
    for name in ("percent", "span", "seconds", "dollars", "unlabelled"):
        environment.filters[name] = getattr(tables, name)
    environment.globals["house_style"] = verbatim("dermtools.retrieval", "style.css")
    environment.globals["style"] = verbatim("dermtools.evaluation.reporting", "report.css")
    environment.globals["script"] = verbatim("dermtools.evaluation.reporting", "report.js")
    return environment
