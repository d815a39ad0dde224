"""What the written pages of reference say is so."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dermtools
from dermtools.cases.sources.rows import TABLE_SUFFIXES
from dermtools.errors import DermtoolsError
from dermtools.images.kinds import FORMATS
from dermtools.prompting.files.schema import PromptFile
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.where import ALLOWED
from docs.generator import error_lines, schemas
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
    for module in pkgutil.walk_packages(dermtools.__path__, "dermtools."):
        importlib.import_module(module.name)
    # Of a search for prompts, and seen by it alone; another class has the same name.
    inside = "dermtools.evaluation.optimising.answers"
    classes = {one.__name__: one for one in _below(DermtoolsError) if one.__module__ != inside}
    rows = dict(re.findall(r"^\| `(\w+Error)` \| .* \| (yes|no) \|$", page("errors.md"), re.MULTILINE))
    assert rows == {name: "yes" if one.fixable else "no" for name, one in classes.items()}


def _below(one: type[DermtoolsError]) -> Iterator[type[DermtoolsError]]:
    for each in one.__subclasses__():
        if each.__module__.startswith("dermtools."):
            yield each
            yield from _below(each)


def test_the_lines_of_errors_are_found_where_they_are_raised() -> None:
    found = {said for rooms in error_lines.lines().values() for several in rooms.values() for said in several}
    assert "query {name} has no embedding; embed its picture with the case base's embedder" in found
    assert len(found) > 500


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


def test_the_grammar_has_every_operator() -> None:
    grammar = page("where.md").partition("```text")[2].partition("```")[0]
    assert [one for one in ALLOWED.split(", ") if f" {one} " not in grammar] == []


def test_every_format_that_is_read_is_named() -> None:
    formats = page("file-formats.md")
    assert [one for one in re.split(", | or ", FORMATS) if one not in formats] == []
    assert [one for one in TABLE_SUFFIXES if f"`{one}`" not in formats] == []


def test_every_key_of_a_prompt_file_is_in_its_schema() -> None:
    text = schemas.pages()[schemas.PROMPT_SCHEMA]
    assert [key for key in PromptFile.model_fields if f"| `{key}` |" not in text] == []


def test_a_run_has_the_files_of_the_page() -> None:
    named = set(re.findall(r"`([\w.]+\.\w+)`", page("file-formats.md").partition("## A run")[2].partition("\n## ")[0]))
    assert len(named) >= 5
    assert {name for name in named if name not in TEXTS} == set()
