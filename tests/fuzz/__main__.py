"""`python -m tests.fuzz [TARGET ...]`: looks for inputs that end in anything but a value or one clear line.

Each target runs for --seconds in a process of its own, with a ceiling on memory and on processor seconds an input.
What is found is printed and kept in .hypothesis/fuzz, from where the next run tries it first.
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz.targets import TARGETS

MEMORY = 1024**3
"""Bytes that a target may take beyond what it has after its first inputs."""
CPU_SECONDS = 5.0
"""Of one input."""


class TooSlowError(Exception):
    """An input took too much of the processor."""


def _too_slow(*_: object) -> None:
    raise TooSlowError(f"more than {CPU_SECONDS} processor seconds for one input")


def _bounded_memory() -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))


def hunt(name: str, seconds: float) -> None:
    """Try inputs for so long; raises what the first bad one ends in, with the input as a note."""
    target = TARGETS[name]
    tried = 0

    def take(value: Any) -> None:
        nonlocal tried
        tried += 1
        faulthandler.dump_traceback_later(300, exit=True)  # a hang in C, which no signal ends
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        try:
            target.holds(value)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def rounds(examples: int) -> None:
        kept = DirectoryBasedExampleDatabase(".hypothesis/fuzz")
        phases = [Phase.reuse, Phase.generate, Phase.shrink]
        checks = list(HealthCheck)
        bounds = settings(
            max_examples=examples, database=kept, deadline=None, phases=phases, suppress_health_check=checks
        )
        bounds(given(target.inputs())(take))()

    signal.signal(signal.SIGPROF, _too_slow)
    rounds(20)
    _bounded_memory()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rounds(200)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {tried} inputs, nothing found; at most {grown} MB held", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], help="all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    asked = parser.parse_args()
    if len(asked.targets) == 1:
        hunt(asked.targets[0], asked.seconds)
        return 0
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", str(asked.seconds)]
    return max(subprocess.run([*command, name], check=False).returncode != 0 for name in asked.targets or TARGETS)


if __name__ == "__main__":
    sys.exit(main())
