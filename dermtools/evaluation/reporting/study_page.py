"""A study as one page that is complete in itself: its verdicts, its table and its curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting.page_templates import page_templates
from dermtools.evaluation.reporting.tables import caption
from dermtools.evaluation.statistics.comparisons import ALPHA
from dermtools.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from dermtools.evaluation.reporting.figures import Curve
    from dermtools.evaluation.reporting.results import Results

EFFECTS_TEXT = (
    "An axis of numbers has one test, for a trend over its values in order; an axis of words one for each pair of "
    "values; what else was varied is summed over. The unit is the group (patient, encounter), the test a sign-flip "
    f"permutation of each group's contrast, and better or worse is said at p < {ALPHA} after Holm's correction for all "
    "tests of the study. A change is that of the straight line through all values, from the first to the last, with "
    "its 95 % interval over groups, which is of that change by itself and not corrected."
)


def write_study_page(
    found: Results,
    rows: Sequence[Sequence[str]],
    verdicts: Sequence[str],
    curves: Mapping[str, Sequence[Curve]],
    folder: Path,
) -> Path:
    """Write `study.html`; `rows` have the head first, `curves` are those of each axis."""
    text = (
        page_templates()
        .get_template("study.html.j2")
        .render(
            spec=found.run,
            rows=rows,
            verdicts=verdicts,
            caption=caption(found.run),
            effects_text=EFFECTS_TEXT,
            curves=curves,
        )
    )
    path = folder / "study.html"
    write_whole(path, text, within=folder)
    return path
