"""What holds for every command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer.main import get_command

from dermtools import __version__
from dermtools.cli.app import app
from tests.support.command_line import Run
from tests.support.patience import SAFETY_NET

HEAVY = ("torch", "faiss", "lance", "pyarrow", "langchain_core", "transformers", "onnxruntime", "PIL", "pydantic")


def test_help_says_that_nothing_is_a_diagnosis(run: Run) -> None:
    done = run("--help")
    assert done.code == 0
    assert "nothing it prints is a diagnosis" in " ".join(done.out.split()).replace(" │ │ ", " ")


def test_version_is_the_package_version(run: Run) -> None:
    assert run("--version").out.strip() == __version__


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from dermtools.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", sorted(get_command(app).commands))
def test_every_command_has_help_within_80_columns(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80


def test_wrong_usage_ends_with_code_2(run: Run) -> None:
    assert run("search").code == 2
    assert run("nonsense").code == 2


def test_a_reader_that_leaves_early_is_no_error() -> None:
    code = "from dermtools.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    process.stdout.close()
    _, error = process.communicate(timeout=SAFETY_NET)
    assert b"Traceback" not in error


@pytest.mark.parametrize(("raised", "code"), [("BrokenPipeError()", 0), ("ValueError()", 1)])
def test_a_server_whose_reader_left_ends_without_an_error(raised: str, code: int) -> None:
    program = (
        "import dermtools.cli.app as app; from dermtools.cli import main\n"
        f"def run(arguments): raise ExceptionGroup('of tasks', [ExceptionGroup('of one', [{raised}])])\n"
        "app.run = run; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, "internal error" in done.stderr) == (code, code == 1)
