"""Commands that only read a small case base, as whole processes: the drawn sample of 215 cases.

Judged by processor time, which other processes hardly change; on a quiet machine the wall clock shows about the same.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import report, seconds
from dermtools.cases import load_source
from dermtools.retrieval import CaseBase

ROUNDS = 9
BUDGET = 0.8


def run(*arguments: str) -> tuple[float, float]:
    """Processor and wall-clock seconds of one command."""
    command = [sys.executable, "-c", "from dermtools.cli import main; main()", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "casebase"))
        case_base = CaseBase.create(path, embedder="descriptor")
        case_base.add(load_source("sample"))
        held = []
        for name, *arguments in (("info", path), ("search", path, "--case", case_base.columns.case_ids[0])):
            times = [run(name, *arguments) for _ in range(ROUNDS)]
            processor, wall = (min(column) for column in zip(*times, strict=True))
            measured = f"{processor:.2f} s of processor time, {wall:.2f} s on the clock"
            held.append(
                report(f"dermtools {name}, {len(case_base)} cases", measured, f"{BUDGET} s", processor <= BUDGET)
            )
    return all(held)


if __name__ == "__main__":
    raise SystemExit(not main())
