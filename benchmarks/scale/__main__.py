"""`python -m benchmarks.scale 1k 10k`: measure what is not measured yet, and print all that is, against the goals.

Every size is a case base of its own below `--folder`, made where it lacks. Figures are kept in a JSON file, so that a
run may be stopped and go on, part by part.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.scale.figures import Figures
from benchmarks.scale.measuring import DERMTOOLS, FailedError, Measure, measured
from benchmarks.scale.parts import PARTS, Part, Place
from benchmarks.scale.table import printed

FOLDER = Path("scale")
FIGURES = Path("benchmarks/scale/figures.json")
SIZES = ("1k", "10k", "100k", "1M")
SHORT, TIMES = 5.0, 5
"""Seconds below which a command is run so many times more."""


def size(text: str) -> int:
    """Cases of `10k` or `1M`."""
    return int(text.replace("k", "000").replace("M", "000000"))


def _usual(part: Part, place: Place) -> Measure:
    """A measure; of what takes seconds the median of several after one, and the largest memory of all."""
    found = measured(part.arguments(place), part.until)
    if found.seconds >= SHORT:
        return found
    several = sorted((measured(part.arguments(place), part.until) for _ in range(TIMES)), key=lambda one: one.seconds)
    largest = max(one.peak for one in several), max(one.own for one in several)
    return Measure(several[TIMES // 2].seconds, several[TIMES // 2].processor, *largest)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=size, default=[size(one) for one in SIZES])
    parser.add_argument("--parts", default="", help="beginnings of names, by comma; all by default")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where case bases are grown")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="where figures are kept")
    parser.add_argument("--again", action="store_true", help="measure these parts once more")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after so long")
    parser.add_argument("--plot", type=Path, help="draw it there, as SVG")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    figures = Figures.read(given.figures)
    names = tuple(given.parts.split(","))
    indexes = subprocess.run([*DERMTOOLS, "index", "--help"], capture_output=True, check=False).returncode == 0
    began = time.monotonic()
    for cases in given.sizes:
        place = Place(given.folder.resolve(), cases)
        for part in PARTS:
            known = figures.of(part.name, cases) is not None and not given.again
            if known or not part.name.startswith(names) or cases > part.most or (part.needs_index and not indexes):
                continue
            if time.monotonic() - began > given.seconds:
                print("stopped here; run it again to go on")
                break
            try:
                found = _usual(part, place)
            except FailedError as error:
                print(f"{part.name} at {cases:,}: {error}", file=sys.stderr)
                continue
            figures.keep(part.name, cases, found)
            spent = f"{found.seconds:.2f} s ({found.processor:.2f} s of processor time)"
            print(f"{cases:>9,}  {part.name}: {spent}, {found.peak / 1e6:,.0f} MB", flush=True)
    if given.plot:
        from benchmarks.scale.plot import drawn

        drawn(figures, given.plot)
    print()
    return 0 if printed(figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
