"""The README's commands and snippets run as written, in order, in one folder that holds what the README says you have.

The whole file runs in one process: each block builds on those before it. What asks a model asks one on this machine.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dermtools.cases import load_source
from tests.support.openai_service import serving
from tests.support.paths import ROOT
from tests.support.snippets import Snippet, snippets

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
ROWS = 60
"""Of the table: enough for a few cases in each split."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photographs, a table with a row each, and a picture to ask about; all drawn."""
    made = tmp_path_factory.mktemp("readme")
    (made / "photos").mkdir()
    *rows, asked = load_source("sample").cases[: ROWS + 1]
    with (made / "records.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "patient", "diagnosis"])
        for one in rows:
            (made / "photos" / f"{one.case.case_id}.jpg").write_bytes(_bytes(one.image))
            table.writerow([f"{one.case.case_id}.jpg", one.case.group_id, *one.case.labels["diagnosis"]])
    (made / "photo.jpg").write_bytes(_bytes(asked.image))
    return made


def _bytes(image: object) -> bytes:
    assert isinstance(image, bytes)
    return image


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with serving(lambda path, picture: "nevus") as service:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield {**os.environ, "PATH": path, "OPENAI_BASE_URL": service.url(), "OPENAI_API_KEY": "k"}


@pytest.mark.parametrize("block", snippets(README), ids=lambda block: f"line{block.line}")
def test_block_runs_as_written(block: Snippet, folder: Path, environment: dict[str, str]) -> None:
    command = ["bash", "-euo", "pipefail", "-c"] if block.language == "bash" else [sys.executable, "-W", "error", "-c"]
    done = subprocess.run([*command, block.code], cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"README.md line {block.line}\n{done.stdout}\n{done.stderr}"


def test_every_command_is_shown() -> None:
    from typer.main import get_command

    from dermtools.cli.app import app

    commands = get_command(app).commands
    assert [name for name in commands if f"dermtools {name}" not in TEXT] == []


def test_the_page_on_privacy_says_of_each_receiver_what_the_readme_says() -> None:
    page = (ROOT / "docs" / "explanation" / "privacy.md").read_text(encoding="utf-8")
    assert len(_receivers(TEXT)) > 10
    assert _receivers(page) == _receivers(TEXT)


def _receivers(text: str) -> list[str]:
    return text.partition("| to | what | when | to stop it |\n")[2].partition("\n\n")[0].splitlines()
