"""The README's commands and snippets run as written, in order, in one empty folder.

The whole file runs in one process: each block builds on those before it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.snippets import Snippet, snippets

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("block", snippets(README), ids=lambda block: f"line{block.line}")
def test_block_runs_as_written(block: Snippet, folder: Path) -> None:
    command = ["bash", "-euo", "pipefail", "-c"] if block.language == "bash" else [sys.executable, "-W", "error", "-c"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, block.code], cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, f"README.md line {block.line}\n{done.stdout}\n{done.stderr}"


def test_every_command_is_shown() -> None:
    from typer.main import get_command

    from dermtools.cli.app import app

    commands = get_command(app).commands
    assert [name for name in commands if f"dermtools {name}" not in TEXT] == []
