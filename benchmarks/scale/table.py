"""The goals and whether they are met, as one table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.scale.figures import Figures
from benchmarks.scale.measuring import Measure
from benchmarks.scale.parts import PARTS, Part

MILLION = 1_000_000
INDEX_BYTES = 1_200
"""Of a vector in memory, at most."""
OVER_INDEX = 1.3


def printed(figures: Figures) -> bool:
    """Print the table; whether every goal that was measured is met."""
    lines = list(table_lines(figures))
    print("\n".join(lines))
    return not any(line.rstrip(" |").endswith("NO") for line in lines)


def table_lines(figures: Figures) -> Iterator[str]:
    """The table in Markdown, one line a part."""
    sizes = figures.sizes()
    yield f"Measured on {figures.machine}, each command as a fresh process: seconds by the clock, seconds of processor"
    yield "time, peak of memory of its own process. Commands of seconds are run once, then five times, whose median"
    yield "counts. Growth and memory are exponents, of processor time and peak, from 10,000 cases on."
    yield ""
    heads = ["command", *map(_short, sizes), "growth", "memory", "goal", "met"]
    yield row(heads)
    yield row(["---", *["---:"] * (len(sizes) + 2), "---", "---"])
    for part in PARTS:
        found = [figures.of(part.name, cases) for cases in sizes]
        if not any(found):
            continue
        time, memory = figures.exponent(part.name), figures.exponent(part.name, "peak")
        goals = list(_goals(part, figures))
        met = "" if not goals else "yes" if all(held for _, held in goals) else "NO"
        cells = ["" if one is None else _measure(one) for one in found]
        growth = ["" if one is None else f"{one:.2f}" for one in (time, memory)]
        yield row([part.name, *cells, *growth, "; ".join(text for text, _ in goals), met])


def _goals(part: Part, figures: Figures) -> Iterator[tuple[str, bool]]:
    """Each goal of a part that can be judged, and whether it is met."""
    million, growth = figures.of(part.name, MILLION), figures.exponent(part.name)
    if part.at_a_million is not None and million is not None:
        yield f"1M in {part.at_a_million:g} s", million.seconds <= part.at_a_million
    if part.exponent is not None and growth is not None:
        yield f"growth {part.exponent:g}", growth <= part.exponent
    if part.name == "search, index" and million is not None:
        most = OVER_INDEX * INDEX_BYTES * MILLION
        yield f"{most / 1e9:.2f} GB", million.peak <= most


def _measure(one: Measure) -> str:
    return f"{one.seconds:.3g} / {one.processor:.3g} s, {one.peak / 1e9:.2g} GB"


def _short(cases: int) -> str:
    return f"{cases // 10**6}M" if cases >= 10**6 else f"{cases // 1000}k"


def row(cells: list[str]) -> str:
    """One line of a table in Markdown."""
    return "| " + " | ".join(cells) + " |"
