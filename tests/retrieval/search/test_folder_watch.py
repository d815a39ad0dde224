"""A folder that surely did not change, told without looking into it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from dermtools.retrieval.search.folder_watch import FolderWatch


def quiet(folder: Path) -> None:
    """As if the last write were ten seconds ago."""
    past = time.time() - 10
    os.utime(folder, (past, past))


def test_a_quiet_folder_is_unchanged_until_something_is_written(tmp_path: Path) -> None:
    quiet(tmp_path)
    watch = FolderWatch(tmp_path)
    assert not watch.unchanged()
    watch.remember(watch.stamp())
    assert watch.unchanged()
    (tmp_path / "new").touch()
    assert not watch.unchanged()


def test_a_write_between_the_stamp_and_remembering_it_is_not_missed(tmp_path: Path) -> None:
    quiet(tmp_path)
    watch = FolderWatch(tmp_path)
    stamp = watch.stamp()
    (tmp_path / "new").touch()
    watch.remember(stamp)
    assert not watch.unchanged()


def test_a_folder_written_just_now_is_never_trusted(tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    watch = FolderWatch(tmp_path)
    watch.remember(watch.stamp())
    assert not watch.unchanged()


def test_a_folder_that_cannot_be_read_is_never_trusted(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path / "missing")
    watch.remember(watch.stamp())
    assert not watch.unchanged()
