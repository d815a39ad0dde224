"""The commands and the Python of tutorials, how-tos and explanations run as written, in order, a folder a page.

The tutorial on photographs runs over real ones where the machine has some, else over drawn ones.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from dermtools.cases import load_source
from dermtools.retrieval import CaseBase
from tests.support.openai_service import serving
from tests.support.paths import ROOT, real_data
from tests.support.snippets import snippets

DOCS = ROOT / "docs"
PHOTOGRAPHS = DOCS / "tutorials" / "photographs.md"
PAGES = [
    page
    for folder in ("tutorials", "how-to", "explanation")
    for page in sorted((DOCS / folder).glob("*.md"))
    if page != PHOTOGRAPHS and snippets(page)
]
ROWS = 60
"""Of a table: enough for a few cases in each split."""


def run(page: Path, folder: Path, **environment: str) -> dict[str, Any]:
    """Run all blocks of a page in a folder; the names that its Python defines."""
    names: dict[str, Any] = {}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in snippets(page):
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.code, str(page), "exec"), names)
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.code],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment},
        )
        assert done.returncode == 0, f"{page.name} line {block.line}\n{done.stdout}\n{done.stderr}"
    return names


@pytest.fixture
def folder(sampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(sampled, tmp_path / "my-cases")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def service() -> Iterator[dict[str, str]]:
    """What leads a command to a service on this machine, which calls everything a hand."""
    with serving(lambda path, picture: "hand") as running:
        yield {"OPENAI_BASE_URL": running.url(), "OPENAI_API_KEY": "k"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_as_written(page: Path, folder: Path, service: dict[str, str]) -> None:
    run(page, folder, **service)


def test_the_agents_of_the_tutorial_answer(folder: Path, drawn_jpeg: bytes) -> None:
    names = run(DOCS / "tutorials" / "your-own-agent.md", folder)
    model = _stand_in()(task="location")
    assert "case:" in names["ask"](model, "Which body site is this?", drawn_jpeg)
    label, cited, invented = names["answer"](model, drawn_jpeg)
    assert (label is not None, len(cited) > 0, invented) == (True, True, [])


def _stand_in() -> Any:
    spec = importlib.util.spec_from_file_location("stand_in", ROOT / "examples" / "offline" / "agent_stand_in.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.StandIn


def _export(rows: list[tuple[str, str, str, str, int]], folder: Path) -> None:
    """Rows of photo, patient, site, diagnosis and age as the Excel file of the tutorial."""
    book = Workbook()
    book.active.append(["Photo", "Patient", "Body site", "Diagnosis", "Age", "Remarks"])
    for row in rows:
        book.active.append([*row, "seen by Dr. Example"])
    book.save(folder / "export.xlsx")


def _drawn(folder: Path) -> list[tuple[str, str, str, str, int]]:
    rows = []
    for one in load_source("sample").cases[:ROWS]:
        assert isinstance(one.image, bytes)
        case = one.case
        (folder / "photos" / f"{case.case_id}.jpg").write_bytes(one.image)
        site, diagnosis = (case.labels[task][0] for task in ("location", "diagnosis"))
        rows.append((f"{case.case_id}.jpg", case.group_id, site, diagnosis, 40))
    return rows


def _real(table: Path, folder: Path) -> list[tuple[str, str, str, str, int]]:
    rows = []
    for row in islice(csv.DictReader(table.read_text(encoding="utf-8").splitlines()), ROWS):
        shutil.copy(table.parent / row["file"], folder / "photos")
        rows.append((Path(row["file"]).name, row["group_id"], row["location"], row["diagnosis"], int(row["age"])))
    return rows


def test_the_tutorial_on_photographs_runs(tmp_path: Path, drawn_jpeg: bytes) -> None:
    (tmp_path / "photos").mkdir()
    table = real_data() / "data" / "pad-ufes-20" / "records.csv"
    _export(_real(table, tmp_path) if table.is_file() else _drawn(tmp_path), tmp_path)
    (tmp_path / "photo.jpg").write_bytes(drawn_jpeg)
    run(PHOTOGRAPHS, tmp_path)
    assert (tmp_path / "similar.html").is_file()
    assert "Remarks" not in CaseBase.open(tmp_path / "my-cases").columns.attributes
    assert (tmp_path / "run" / "report.html").is_file()
