"""Signals: whatever they interrupt, imports included, no traceback and the right exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

SECONDS_UNTIL_THE_NEXT = 30
# Says when Python is up: before that, nothing of ours runs. What a shell starts in the background ignores SIGINT.
STARTED = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "print('up', file=sys.stderr, flush=True)\n"
    "from dermtools.cli import main; main()"
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6])
def test_a_signal_ends_without_a_traceback_and_names_the_command(
    tmp_path: Path, number: int, code: int, seconds: float
) -> None:
    typed = ["ingest", "sample", "new cases", "--batch-size", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED, *typed], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "up\n"
    time.sleep(seconds)  # wherever it is then, importing or asking
    said = ""
    while process.poll() is None:
        # Once more where the first was lost in a callback that raises nothing, as a person would press again.
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            _, said = process.communicate(timeout=SECONDS_UNTIL_THE_NEXT)
    assert "Traceback" not in said
    assert process.returncode == code, said
    assert said.startswith("interrupted: ")
    assert said.rstrip().endswith("dermtools ingest sample 'new cases' --batch-size 1")
