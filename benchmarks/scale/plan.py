"""Ten and a hundred million cases on paper: what they need, from figures that were measured and how they grew.

`python -m benchmarks.scale.plan` prints the tables of docs/scale.md. A number is *measured* where it stands in the
figures, *extrapolated* where the growth curve leads to it, and *assumed* where it is a price or a rate of a machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale.figures import Figures
from benchmarks.scale.table import row

HOUR, MONTH = 3600.0, 730.0
"""Seconds of an hour, hours of a month."""
DIMENSION = 1024
SIZES = (10_000_000, 100_000_000)
JPEG = 30_000
"""Bytes of a stored picture of 512 pixels a side, as an ingest of photographs makes them: assumed."""
ROW = 600
"""Bytes of all other columns: assumed, from the tables measured here."""
DECODED = 25.0
"""Photographs of 12 megapixels that one core reads, hashes and saves small in a second: assumed."""
ENCODED = 400.0
"""Pictures a second of one GPU, a vision transformer of 300 million weights: assumed."""


@dataclass(frozen=True)
class Machine:
    """What is rented."""

    name: str
    dollars: float
    """An hour: assumed, as clouds listed them in 2026, on demand."""
    cores: int
    memory: int
    """Bytes."""
    gpus: int = 0


GPU = Machine("1 GPU, 16 cores, 128 GB", 2.0, 16, 128 * 10**9, gpus=1)
SMALL = Machine("8 cores, 32 GB", 0.4, 8, 32 * 10**9)
LARGE = Machine("32 cores, 256 GB", 1.8, 32, 256 * 10**9)
HUGE = Machine("64 cores, 1 TB", 7.0, 64, 1_000 * 10**9)
STORE_MONTH = 0.023
"""Dollars a GB a month in an object store: assumed."""
SCAN = 8e9
"""Bytes a second that one core compares, held in memory: assumed; from a store each further 100 MB take a second."""


@dataclass(frozen=True)
class Index:
    """A way to search."""

    name: str
    in_memory: float
    """Bytes a vector."""
    on_disk: float
    read: float
    """Bytes that one query reads, a vector that there is; 0 where it does not grow with them."""
    fixed: float
    """Bytes that one query reads whatever there is."""
    training: float
    """Multiplications and additions a vector to build it."""


def indexes(cases: int) -> Iterator[Index]:
    """The four, with as many lists as four roots of the cases."""
    lists = 4 * cases**0.5
    vector = 4.0 * DIMENSION
    probed = 32 / lists
    assign = lists * DIMENSION * 2
    yield Index("flat, in memory", vector, vector, vector, 0, 0)
    yield Index("IVF, SQ8", DIMENSION + 8, DIMENSION + 8, probed * DIMENSION, lists * vector, assign)
    code = DIMENSION / 8 + 16
    yield Index(
        "IVF, RaBitQ, 200 refined from disk", code, code + vector, probed * code, lists * vector + 200 * vector, assign,
    )  # fmt: skip
    codes = DIMENSION / 16 + 8
    yield Index("Lance IVF_PQ on the object store", 0, codes, probed * codes, 200 * vector, assign)


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def ingest_lines() -> Iterator[str]:
    """Reading, embedding and writing."""
    yield row(["cases", "decoding", "encoding", "machines", "hours", "dollars", "stored", "a month"])
    yield row(["---:"] * 8)
    for cases in SIZES:
        decoding, encoding = cases / DECODED / HOUR, cases / ENCODED / HOUR
        machines = 8 if cases <= 10**7 else 32
        hours = max(decoding / (machines * GPU.cores), encoding / machines) * 1.1
        stored = cases * (4 * DIMENSION + JPEG + ROW)
        yield row(
            [
                f"{cases:,}",
                f"{decoding:,.0f} core hours",
                f"{encoding:,.0f} GPU hours",
                f"{machines} x {GPU.name}",
                f"{hours:.1f}",
                f"{hours * machines * GPU.dollars:,.0f}",
                _bytes(stored),
                f"{stored / 1e9 * STORE_MONTH:,.0f}",
            ]
        )


def index_lines() -> Iterator[str]:
    """Index by index."""
    yield row(
        [
            "cases",
            "index",
            "in memory",
            "on disk",
            "read by one query",
            "a query, one core",
            "building, core hours",
            "machine",
            "a month",
        ]
    )
    yield row(["---:", "---", "---:", "---:", "---:", "---:", "---:", "---", "---:"])
    for cases in SIZES:
        for one in indexes(cases):
            memory = one.in_memory * cases
            machine = next(one for one in (SMALL, LARGE, HUGE) if memory * 1.3 < one.memory)
            read = one.read * cases + one.fixed
            building = one.training * cases / 2e10 / HOUR
            yield row(
                [
                    f"{cases:,}",
                    one.name,
                    _bytes(memory) if memory else "centres only",
                    _bytes(one.on_disk * cases),
                    _bytes(read),
                    f"{read / SCAN * 1000:,.0f} ms" if memory else "its requests",
                    f"{building:,.0f}" if building else "none",
                    machine.name,
                    f"{machine.dollars * MONTH:,.0f}",
                ]
            )


GROWN = ("add vectors, Python", "check", "evaluate, own work", "delete", "search, index")
LEAST = 1.0
"""Growth that is taken at least: at small sizes most of the time is loading libraries, which does not grow."""


def grown_lines(figures: Figures) -> Iterator[str]:
    """Commands of one machine, as their growth curves go on."""
    yield row(["command", "largest measured", "growth", *(f"{cases:,}" for cases in SIZES)])
    yield row(["---", "---:", "---:", *["---:"] * len(SIZES)])
    for part in GROWN:
        sizes, growth = figures.sizes(part), figures.exponent(part)
        if growth is None:
            continue
        largest = figures.of(part, sizes[-1])
        assert largest is not None
        later = [largest.processor * (cases / sizes[-1]) ** max(LEAST, growth) for cases in SIZES]
        hours = [f"{one / HOUR:.1f} h" if one > HOUR else f"{one:.0f} s" for one in later]
        yield row([part, f"{largest.processor:.3g} s at {sizes[-1]:,}", f"{growth:.2f}", *hours])


def lines(figures: Figures) -> Iterator[str]:
    """All tables."""
    yield "Ingest of photographs (all assumed rates; the machines run side by side):"
    yield ""
    yield from ingest_lines()
    yield ""
    yield "Search (bytes computed from the formats; building at 20 GFLOP/s a core, assumed):"
    yield ""
    yield from index_lines()
    yield ""
    yield "One machine, processor time: measured up to the largest size, and from there on by its growth, taken for"
    yield "linear at least:"
    yield ""
    yield from grown_lines(figures)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.plan", description=__doc__)
    parser.add_argument("--figures", type=Path, default=Path("benchmarks/scale/figures.json"))
    print("\n".join(lines(Figures.read(parser.parse_args().figures))))


if __name__ == "__main__":
    main()
