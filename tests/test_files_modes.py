"""Who may read what is written, and what a process that was killed leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dermtools.cases import CaseStore
from dermtools.evaluation.running.records import RecordLog
from dermtools.files import draft_folder, make_folder, sweep, write_whole
from dermtools.prompting.asking.cache import SQLiteCache
from dermtools.retrieval import CaseBase
from tests.support.patience import SAFETY_NET
from tests.support.stored_cases import new_store

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> set[str]:
    """Of a folder and all in it: `d700`, `f600`."""
    return {f"{'d' if p.is_dir() else 'f'}{p.stat().st_mode & 0o777:o}" for p in (folder, *folder.rglob("*"))}


def test_a_case_base_is_its_owners_only(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    CaseBase(store).snapshot.index  # noqa: B018  (writes the cache)
    store.delete(["case1"])
    store.compact()
    assert modes(tmp_path / "base") == {"d700", "f600"}


def test_a_shared_one_is_its_groups_too_and_later_writes_follow(tmp_path: Path) -> None:
    CaseBase.create(tmp_path / "base", shared=True, embedder="descriptor")
    CaseStore.open(tmp_path / "base").set_tasks([])
    CaseBase.open(tmp_path / "base").snapshot.index  # noqa: B018
    assert modes(tmp_path / "base") == {"d750", "f640"}


def test_an_older_one_stays_as_it_is_and_check_says_who_may_enter(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    for path in (store.path, *store.path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    CaseStore.open(store.path).delete(["case1"])
    assert modes(store.path) == {"d755", "f644"}
    (finding,) = CaseBase(store).check().of("open-to-others")
    assert (finding.severity, "every user" in finding.message, "0755" in finding.message) == ("warning", True, True)


def test_pages_replies_and_runs_are_their_owners_only_unless_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    for shared, file, folder in (("0", 0o600, 0o700), ("no", 0o600, 0o700), ("1", 0o640, 0o750)):
        monkeypatch.setenv("DERMTOOLS_SHARED", shared)
        place = tmp_path / shared
        place.mkdir()
        write_whole(place / "page.html", "x")
        with SQLiteCache(place / "replies.sqlite") as cache:
            cache.update("a", "b", [])
            found = {path.name: path.stat().st_mode & 0o777 for path in place.iterdir()}
        assert {"replies.sqlite-wal", "page.html"} <= found.keys()
        assert set(found.values()) == {file}
        make_folder(place / "run")
        with RecordLog(place / "run" / "predictions.jsonl"):
            assert (place / "run").stat().st_mode & 0o777 == folder
            assert (place / "run" / "predictions.jsonl").stat().st_mode & 0o777 == file


def test_a_stricter_umask_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERMTOOLS_SHARED", "1")
    os.umask(0o077)
    write_whole(tmp_path / "page.html", "x")
    make_folder(tmp_path / "run")
    new_store(tmp_path / "base", 2)
    assert modes(tmp_path / "base") | modes(tmp_path / "run") == {"d700", "f600"}
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600


KILLED = """
import os, signal, sys
from pathlib import Path
from dermtools import files
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
os.fsync = die
files.write_whole(Path(sys.argv[1], "page.html"), "a patient's picture")
"""


def test_what_a_killed_process_left_is_gone_at_the_next_start_but_not_what_is_under_way(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=SAFETY_NET)
    assert killed.returncode == -signal.SIGKILL
    assert [path.read_text() for path in tmp_path.iterdir()] == ["a patient's picture"]
    with draft_folder(tmp_path) as under_way:
        (under_way / "vectors").write_text("of another process")
        write_whole(tmp_path / "other.html", "x")
        assert sorted(tmp_path.iterdir()) == sorted([under_way, tmp_path / "other.html"])
        assert (under_way / "vectors").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["other.html"]


def test_opening_a_case_base_to_write_sweeps_all_of_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    (store.path / "cache").mkdir()
    (store.path / "cache" / ".dermtools-draft-0").write_text("vectors")
    with store.write():
        assert not list(store.path.rglob(".dermtools-draft-*"))
    sweep(tmp_path / "nowhere")
