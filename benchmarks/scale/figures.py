"""What was measured, kept in a file, and how it grows."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale.measuring import Measure

FITTED = 10_000
"""Cases from which growth is fitted: below, most of the time is loading libraries."""


class Figures:
    """Part and number of cases to its measure."""

    def __init__(self, path: Path, held: dict[str, dict[str, Any]], machine: str) -> None:
        self._path, self._held = path, held
        self.machine = machine

    @classmethod
    def read(cls, path: Path) -> Figures:
        """Those of a file; none where there is no such file."""
        found = json.loads(path.read_text()) if path.exists() else {}
        return cls(path, found.get("parts", {}), found.get("machine") or _machine())

    def of(self, part: str, cases: int) -> Measure | None:
        """One measure; None where it was not taken."""
        found = self._held.get(part, {}).get(str(cases))
        return None if found is None else Measure(**found)

    def keep(self, part: str, cases: int, measure: Measure) -> None:
        """Add a measure, and write all."""
        self._held.setdefault(part, {})[str(cases)] = asdict(measure)
        self._path.write_text(json.dumps({"machine": self.machine, "parts": self._held}, indent=1) + "\n")

    def sizes(self, part: str | None = None) -> list[int]:
        """Numbers of cases that were measured, of one part or of any, smallest first."""
        found = [self._held.get(part, {})] if part else self._held.values()
        return sorted({int(cases) for one in found for cases in one})

    def exponent(self, part: str, what: str = "processor") -> float | None:
        """Slope of a line through the logarithms from `FITTED` cases on; None of fewer than two sizes."""
        sizes = [cases for cases in self.sizes(part) if cases >= FITTED]
        if len(sizes) < 2:
            return None
        values = [self._held[part][str(cases)][what] for cases in sizes]
        return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def _machine() -> str:
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count()} cores ({model}), {memory / 2**30:.0f} GiB"
