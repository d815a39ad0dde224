"""Figures as PNG files, for papers and slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import missing_extra, require_extra
from dermtools.evaluation.statistics.metrics import confusion
from dermtools.files import make_folder, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dermtools.evaluation.reporting.projection import CaseMap
    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.running.run import Run
    from dermtools.evaluation.scoring import Scored
    from dermtools.evaluation.statistics.summary import Summary

DPI = 160
ACCENT, RIGHT, WRONG, SOFT = "#0b6e69", "#19703a", "#a3372b", "#9aa1a9"
LABELS_WITH_COUNTS = 20
"""Confusion matrices of more labels than this show colours only: figures would not be legible."""


@dataclass(frozen=True)
class Point:
    """One value of the varied axis."""

    value: Any
    summary: Summary
    against_best: str


@dataclass(frozen=True)
class Curve:
    """Accuracy over the values of one axis, everything else held."""

    name: str
    """What is held: the model and the other axes, in words."""
    points: tuple[Point, ...]


def figures_missing() -> str | None:
    """Why no figures can be drawn here, and what to do; None where they can."""
    return missing_extra("matplotlib", "report")


def write_figures(run: Run, found: Results, layout: CaseMap) -> list[Path]:
    """Write `figures/`: forest plot, reliability, of every arm confusion matrix and map; none without the extra."""
    if figures_missing():
        return []
    folder = run.path / "figures"
    make_folder(folder, within=run.path)
    written = [_save(forest_plot(found), folder / "forest.png")]
    if any(summary.calibration for summary in found.summaries):
        written.append(_save(reliability_plot(found), folder / "reliability.png"))
    for number, scored in enumerate(run.scored(), start=1):
        words = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in scored.name)
        name = f"{number}-{words[:60]}.png"
        written.append(_save(confusion_plot(scored, run.spec.task.labels), folder / f"confusion-{name}"))
        if layout.case_ids:
            written.append(_save(map_plot(scored, layout), folder / f"map-{name}"))
    return written


def forest_plot(found: Results) -> Figure:
    """Accuracy of every arm with its interval; the dashed line is the best one."""
    names = [summary.arm for summary in found.summaries]
    figure, (axes,) = _figure(7.5, 1.3 + 0.36 * len(names))
    for place, summary in enumerate(found.summaries):
        low, high = 100 * summary.interval.low, 100 * summary.interval.high
        axes.plot([low, high], [place, place], color=ACCENT, linewidth=2.2, solid_capstyle="round")
        axes.plot([100 * summary.accuracy], [place], "o", color="black", markersize=5)
        text = f"{100 * summary.accuracy:.1f} ({low:.1f} to {high:.1f}), {found.against_best(summary.arm)}"
        axes.text(1.02, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    axes.axvline(100 * found.best.accuracy, color=ACCENT, linewidth=0.8, linestyle="--")
    axes.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 100), ylim=(len(names) - 0.5, -0.5))
    axes.set_xlabel(f"accuracy in %, 95 % intervals by groups, {len(found.run.targets)} cases")
    axes.set_title(found.run.task.name, loc="left")
    _quiet(axes)
    return figure


def confusion_plot(scored: Scored, labels: Sequence[str]) -> Figure:
    """Counts of true label against answer, each row shaded by its share; labels with most cases first."""
    counts = confusion(scored, labels)
    totals = counts.counts.sum(axis=1)
    used = [int(row) for row in totals.argsort(kind="stable")[::-1] if totals[row] or counts.counts[:, row].any()]
    columns = [*used, len(counts.labels)]
    cells = counts.counts[used][:, columns]
    shares = cells / totals[used].clip(min=1)[:, None]
    side = 1.8 + 0.3 * len(used)
    figure, (axes,) = _figure(side + 1.2, side)
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1, aspect="equal")
    for row, column in zip(*cells.nonzero(), strict=True) if len(used) <= LABELS_WITH_COUNTS else ():
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(cells[row, column]), ha="center", va="center", fontsize=7, color=colour)
    names = [*counts.labels, "(no label)"]
    axes.set_xticks(range(len(columns)), [names[column] for column in columns], rotation=90)
    axes.set_yticks(range(len(used)), [f"{names[row]} ({totals[row]})" for row in used])
    axes.tick_params(length=0, labelsize=8)
    axes.set(xlabel="answer", ylabel="true label")
    axes.set_title(scored.name, loc="left", fontsize=10)
    return figure


def map_plot(scored: Scored, layout: CaseMap) -> Figure:
    """The case base laid out in the plane, with right and wrong answers of one arm."""
    answers = {target.case_id: bool(right) for target, right in zip(scored.targets, scored.right, strict=True)}
    figure, (axes,) = _figure(7, 5.2)
    styles: tuple[tuple[bool | None, str, dict[str, Any]], ...] = (
        (None, "not asked about", {"color": SOFT, "s": 9, "alpha": 0.5, "linewidths": 0}),
        (True, "right", {"color": RIGHT, "s": 24, "edgecolors": "white", "linewidths": 0.5}),
        (False, "wrong", {"color": WRONG, "s": 24, "marker": "x", "linewidths": 1.3}),
    )
    for kind, name, style in styles:
        rows = [row for row, case_id in enumerate(layout.case_ids) if answers.get(case_id) is kind]
        axes.scatter(layout.places[rows, 0], layout.places[rows, 1], label=f"{name} ({len(rows)})", **style)
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"{scored.name} on the map ({layout.caption})", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="best")
    _quiet(axes)
    return figure


def reliability_plot(found: Results) -> Figure:
    """Confidence against accuracy of every arm with probabilities."""
    shown = [(summary.arm, summary.calibration) for summary in found.summaries if summary.calibration]
    figure, row = _figure(2.6 * len(shown), 3.1, columns=len(shown))
    for axes, (arm, calibration) in zip(row, shown, strict=True):
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle="--")
        bins = [entry for entry in calibration.bins if entry.n]
        sizes = [8 + 120 * entry.n / max(one.n for one in bins) for entry in bins]
        axes.scatter([e.confidence or 0 for e in bins], [e.accuracy or 0 for e in bins], s=sizes, color=ACCENT)
        ylabel = "accuracy" if axes is row[0] else ""
        axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xlabel="confidence", ylabel=ylabel, aspect="equal")
        axes.set_title(f"{arm}\nerror {calibration.ece:.3f}", loc="left", fontsize=8)
        _quiet(axes)
    return figure


def save_curve(curves: Sequence[Curve], axis: str, path: Path) -> Path:
    """Write a PNG of accuracy over what a study varied, one line a curve.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require_extra("matplotlib", "report")
    figure, (axes,) = _figure(6.5, 4)
    for curve in curves:
        values = [str(point.value) for point in curve.points]
        middle = [100 * point.summary.accuracy for point in curve.points]
        low = [100 * (point.summary.accuracy - point.summary.interval.low) for point in curve.points]
        high = [100 * (point.summary.interval.high - point.summary.accuracy) for point in curve.points]
        axes.errorbar(values, middle, yerr=[low, high], marker="o", capsize=3, linewidth=1.4, label=curve.name)
    axes.set(xlabel=axis, ylabel="accuracy in %, 95 % by groups", ylim=(0, 100))
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=8)
    _quiet(axes)
    return _save(figure, path)


def _figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of so many inches, and the axes of its columns."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Without pyplot: no window, no state between figures.
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _quiet(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _save(figure: Figure, path: Path) -> Path:
    content = BytesIO()
    figure.savefig(content, dpi=DPI, bbox_inches="tight", format="png")
    write_whole(path, content.getvalue(), within=path.parent)
    return path
