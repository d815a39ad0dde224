"""What the written pages of reference say is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dermtools.errors
from dermtools.errors import DermtoolsError
from dermtools.retrieval import CaseBase
from tests.support.paths import ROOT

REFERENCE = ROOT / "docs" / "reference"
SOURCES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "dermtools").rglob("*.py")}
OURS = re.compile(r"(DERMTOOLS|MI2|OPENAI|AZURE\w*)_[A-Z_]*[A-Z]")


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def texts() -> set[str]:
    """Every text constant of the package."""
    nodes = (node for source in SOURCES.values() for node in ast.walk(ast.parse(source)))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


TEXTS = texts()


def test_every_variable_that_is_read_is_named_and_no_other_of_ours() -> None:
    named = set(re.findall(r"`([A-Z0-9]+_[A-Z_]+)`", page("environment.md")))
    read = {text for text in TEXTS if OURS.fullmatch(text)}
    assert read - named == set()
    assert {name for name in named if name.startswith("DERMTOOLS_")} <= read


def test_every_class_of_error_is_named_with_its_kind() -> None:
    classes = {name: one for name, one in vars(dermtools.errors).items() if _is_error(one)}
    rows = dict(re.findall(r"^\| `(\w+Error)` \| .* \| (yes|no) \|$", page("errors.md"), re.MULTILINE))
    assert rows == {name: "yes" if one.fixable else "no" for name, one in classes.items()}


def _is_error(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, DermtoolsError) and one is not DermtoolsError


def test_the_lines_that_it_explains_are_said_somewhere() -> None:
    lines = re.findall(r"^\| `([^`]+)` \|", page("errors.md").partition("met most often")[2], re.MULTILINE)
    assert len(lines) >= 10
    assert [line for line in lines if not any(line in text for text in TEXTS)] == []


def test_the_conditions_of_the_page_run(case_base: CaseBase) -> None:
    column = set(case_base.columns.attributes) | {task.name for task in case_base.tasks}
    conditions = re.findall(r"^\| `([^`]+)` \|", page("where.md"), re.MULTILINE)
    known = [one for one in conditions if not (set(re.findall(r"[a-z]{3,}(?= [<>=I])", one)) - column - {"split"})]
    assert len(known) >= 5
    for condition in known:
        case_base.cases(condition)


@pytest.mark.parametrize("file", ["manifest.json", "history.json", "cases.lance/", "cache/"])
def test_a_case_base_has_the_files_of_the_page(file: str, case_base: CaseBase) -> None:
    case_base.search(case_id=case_base.columns.case_ids[0], k=1)
    assert f"`{file}" in page("file-formats.md")
    assert Path(case_base.path, file.rstrip("/")).exists()
