"""Wrong usage: one line that says what is wrong, what was meant and what there is."""

from __future__ import annotations

import pytest

from tests.support.command_line import Run


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["serch"], ["'serch'", "did you mean search?", "ingest"]),
        (["prompts", "chek"], ["'chek'", "did you mean check?", "list, show, check"]),
        (["search", "x", "--cass", "5"], ["search has no option --cass", "did you mean --case?", "--where"]),
        (["evaluate", "x", "--task", "t", "--ouput", "o"], ["did you mean --out?"]),
        (["search"], ["CASEBASE", "Folder of the case base", "dermtools search --help"]),
        (["evaluate", "x"], ["--task", "dermtools evaluate --help"]),
        (["evaluate", "x", "--task"], ["--task", "--help"]),
        (["search", "x", "-k", "many"], ["-k", "valid integer"]),
        (["info", "my", "cases"], ["cases", "quotes"]),
        (["delete", "x", "case1"], ["case1", "name a case by --case ID"]),
        (["train", "x", "--task", "t", "--kind", "adaptr"], ["--kind", "adapter"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_is_one_line_with_what_was_meant(run: Run, typed: list[str], said: list[str]) -> None:
    done = run(*typed)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("error: ")
    assert [part for part in said if part not in done.err] == []


@pytest.mark.parametrize("typed", [[], ["prompts"]])
def test_no_arguments_show_what_there_is(run: Run, typed: list[str]) -> None:
    done = run(*typed)
    assert done.code == 2
    assert "Commands:" in done.out
