"""The growth of time and memory as a picture."""

from __future__ import annotations

from pathlib import Path

from benchmarks.scale.figures import Figures
from benchmarks.scale.parts import PARTS


def drawn(figures: Figures, path: Path) -> None:
    """Processor time and peak of memory over the number of cases, both by powers of ten, as SVG."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"], mpl.rcParams["svg.fonttype"] = "scale", "none"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 5))
    shown = [part.name for part in PARTS if len(figures.sizes(part.name)) > 1]
    colours = plt.get_cmap("tab20").colors
    for axis, title in zip(axes, ("processor time, seconds", "peak of memory, GB"), strict=True):
        axis.set(title=title, xlabel="cases", xscale="log", yscale="log")
        axis.grid(visible=True, which="major", alpha=0.3)
        for number, name in enumerate(shown):
            sizes = figures.sizes(name)
            found = [figures.of(name, cases) for cases in sizes]
            values = [one.processor if axis is axes[0] else one.peak / 1e9 for one in found if one]
            axis.plot(sizes, values, marker=".", color=colours[number % len(colours)], label=name)
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
