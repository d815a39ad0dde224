"""The README's commands and snippets run as written, in order, in one empty folder.

The whole file runs in one process: each block builds on those before it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")

# A block is run unless a comment before it says why not: `<!-- not run: needs a model's key -->`.
_BLOCK = re.compile(r"(?P<skip><!-- not run: [^\n]+ -->\n)?```(?P<language>bash|python)\n(?P<code>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int


def blocks() -> list[Block]:
    return [
        Block(match["language"], match["code"], TEXT.count("\n", 0, match.start("code")) + 1)
        for match in _BLOCK.finditer(TEXT)
        if match["skip"] is None
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"line{block.line}")
def test_block_runs_as_written(block: Block, folder: Path) -> None:
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
