"""`dermtools --help` as a whole process, against a bare start of the interpreter."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.timing import compare, report

BUDGET = 0.3


def main() -> bool:
    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    result = compare(
        lambda: run("-c", "from dermtools.cli import main; main()", "--help"), lambda: run("-c", "pass"), rounds=11
    )
    measured = f"{result.ours:.2f} s, of which the interpreter takes {result.peer:.2f} s"
    return report("dermtools --help", measured, f"{BUDGET} s", result.ours <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
