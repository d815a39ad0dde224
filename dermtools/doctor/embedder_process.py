"""The embedder of a case base, loaded in a process of its own: it may take seconds, and a broken library ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SECONDS = 120.0
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from dermtools.doctor.embedder_process import main; main(sys.argv[2])"
)
_ANSWER = "dermtools-embedder:"
_OFFLINE = {"HF_HUB_OFFLINE": "1"}
"""To look whether something works, nothing is downloaded."""


def trouble(path: Path, *, seconds: float = SECONDS) -> str | None:
    """Why the embedder of the case base at `path` cannot be used; None where it loads and passes its own test."""
    paths = json.dumps([one or str(Path.cwd()) for one in sys.path])
    command = [sys.executable, "-I", "-B", "-c", _START, paths, str(path.absolute())]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=os.environ | _OFFLINE,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it was not loaded in {seconds:g} seconds"
    answers = [line.removeprefix(_ANSWER) for line in done.stdout.splitlines() if line.startswith(_ANSWER)]
    if not answers:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        last = next(iter(done.stderr.splitlines()[-1:]), "")
        return f"the process that loads it ended with {how}{f': {last}' if last else ''}"
    found: str | None = json.loads(answers[-1])
    return found


def main(path: str) -> None:
    """Of the process: load, and say what is wrong."""
    from dermtools.errors import DermtoolsError
    from dermtools.retrieval import CaseBase

    wrong: str | None = None
    try:
        _ = CaseBase.open(path).embedder
    except DermtoolsError as error:
        wrong = str(error)
    print(_ANSWER + json.dumps(wrong), flush=True)
