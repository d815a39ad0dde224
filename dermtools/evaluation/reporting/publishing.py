"""From a finished evaluation to what people look at: the report page and the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting.figures import write_figures
from dermtools.evaluation.reporting.projection import Projection, case_map
from dermtools.evaluation.reporting.report import write_report

if TYPE_CHECKING:
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
