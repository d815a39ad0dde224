"""Commands and options that README and documents name are those that dermtools has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from dermtools.cli.app import app
from tests.support.paths import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "prompts/README.md",
]
OTHERS = {
    "claude": {"--plugin-dir"},
    "docker build": {"--build-arg"},
    "docker run": {"--name", "--read-only", "--tmpfs"},
    "python -m benchmarks.label_errors": {"--seeds"},
    "python -m benchmarks.leaks": {"--every", "--embedder"},
    "python -m benchmarks.methods_table": {"--choose", "--embedder"},
    "python -m benchmarks.statistics": {"--runs"},
    "python -m benchmarks.vote_first": {"--embedder", "--price-as", "--split"},
    ".venv/bin/python -m pytest": {"--dist"},
}
"""Options of other programs, by what stands before them on the line or in the code."""


def _tree(command: Any, path: str = "dermtools") -> dict[str, set[str]]:
    """Command as typed to its options."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help",
        "-h",
    }
    found = {path: own}
    for name, below in getattr(command, "commands", {}).items():
        found |= _tree(below, f"{path} {name}")
    return found


TREE = _tree(get_command(app))


def _pieces(page: Path) -> list[str]:
    """Lines of code blocks, and code in sentences."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```\w+\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", text)


def _options(piece: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", piece))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_named_is_one_of_its_command(page: Path) -> None:
    anywhere = set().union(*TREE.values())
    wrong = []
    for piece in _pieces(page):
        known = next((options for name, options in OTHERS.items() if piece.startswith(name)), anywhere)
        if match := re.search(r"\bdermtools ((?:prompts )?[a-z]+)\b", piece):
            known = TREE.get(f"dermtools {match[1]}", TREE["dermtools"])
        wrong += [(piece, option) for option in _options(piece) - known - {"--"}]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    names = {words[1] for piece in _pieces(page) if len(words := _words(piece)) > 1 and words[0] == "dermtools"}
    commands = {path.split()[1] for path in TREE if " " in path}
    assert {name for name in names if not name.startswith("-")} - commands == set()


def _words(piece: str) -> list[str]:
    try:
        return shlex.split(piece, comments=True)
    except ValueError:
        return []
