"""Runs that lie in a folder, by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dermtools.evaluation import RunError
from dermtools.evaluation.running.listing import runs_below


def _run(folder: Path, at: int) -> Path:
    folder.mkdir(parents=True)
    for name in ("run.json", "predictions.jsonl"):
        (folder / name).write_text("")
        os.utime(folder / name, (at, at))
    return folder


def test_runs_are_found_below_a_folder_newest_first_and_links_are_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "runs", _run(tmp_path / "elsewhere", 9)
    old, new = _run(folder / "old", 1), _run(folder / "month" / "new", 2)
    _run(folder / ".hidden", 3)
    _run(new / "within", 4)
    (folder / "link").symlink_to(elsewhere)
    (folder / "notes.txt").write_text("")
    assert list(runs_below(folder).items()) == [("month/new", new), ("old", old)]


def test_a_run_is_its_own_list(tmp_path: Path) -> None:
    assert runs_below(_run(tmp_path / "one", 1)) == {"one": tmp_path / "one"}


def test_a_folder_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be looked through for runs: No such file"):
        runs_below(tmp_path / "none")
