"""YAML of any shape ends in a document or in one line that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.errors import PromptError
from dermtools.prompting.files.library import read_prompt
from dermtools.prompting.files.yaml_lines import MAX_DEPTH, read_yaml

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("count", [MAX_DEPTH + 1, 100, 480, 1000, 100_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_what_is_nested_without_end_is_one_line(opening: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"id: p\nversion:\n  {opening * min(count, 60_000)}")
    with pytest.raises(PromptError, match=r"\A[^\n]*p\.yaml:\d+: [^\n]{1,300}\Z"):
        read_prompt(path)


def test_levels_that_a_prompt_file_may_have_are_read() -> None:
    nested = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_yaml(nested, "p.yaml").problems == []
    (problem,) = read_yaml(f"\n[{nested}]", "p.yaml").problems
    assert problem == (2, f"nested more than {MAX_DEPTH} levels deep; a prompt file needs six")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "aliases"),
        ("&a [*a]", "aliases"),
        ("x: &a {<<: *a}", "aliases"),
        ("? [a, b]\n: c", "a key must be text"),
        ("? {a: b}\n: c", "a key must be text"),
        ("&a {? *a : x}", "a key must be text"),
        ("a: 1\n'a': 2", "'a' is given twice"),
    ],
)
def test_what_makes_no_plain_data_is_a_problem_with_its_line(text: str, reason: str) -> None:
    document = read_yaml(text, "p.yaml")
    assert reason in document.problems[0][1]
    assert document.data is None or "twice" in reason


@pytest.mark.parametrize(
    "value", ["9" * 5000, "2021-99-99", "!!binary x", "!!python/object/apply:os.system [ls]", "!!omap 1", "'"]
)
def test_a_value_that_cannot_be_made_is_one_line(value: str) -> None:
    with pytest.raises(PromptError, match=r"\Ap\.yaml:\d+: not valid YAML: [^\n]{1,300}\Z"):
        read_yaml(f"a: {value}", "p.yaml")


def test_a_prompt_file_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    with path.open("wb") as file:
        file.truncate(10**11)
    with pytest.raises(PromptError, match="at most 262,144 bytes"):
        read_prompt(path)
