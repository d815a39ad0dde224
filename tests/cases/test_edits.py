"""Edits of a case base: recorded, undone exactly, and whole whenever they are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases import CaseStore
from dermtools.cases.edits import EDITING, edit, restore
from dermtools.cases.history import history
from dermtools.cases.manifest import LanceSearch
from dermtools.errors import CaseBaseError, QueryError
from tests.support.patience import SAFETY_NET
from tests.support.stored_cases import TASKS, check_holds, grown, new_store, stored

ROWS = [stored(number) for number in range(6)]


def test_restoring_brings_back_rows_and_manifest_and_is_undone_in_turn(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    before = store.manifest
    done = grown(store)
    after = store.manifest
    assert [task.name for task in after.tasks] == ["location", "Diagnosis_2", "icd"]
    assert store.columns().labels["icd"] == [(), ("L20",), ("L40",), (), (), ()]
    back = restore(store, done.before)
    assert (store.manifest, back.changed) == (before, 2)
    check_holds(store, ROWS)
    assert restore(store, back.before).changed == 2
    assert store.manifest == after == CaseStore.open(store.path).manifest
    assert store.columns().labels["icd"] == [(), ("L20",), ("L40",), (), (), ()]


def test_what_was_found_of_an_index_comes_back_with_its_version(tmp_path: Path) -> None:
    store = new_store(tmp_path / "c", 3)
    first, second = (LanceSearch(probes=n, refine=5, recall=0.9, low=0.8, high=1.0, queries=9) for n in (1, 2))
    store.update_manifest(lance_search=first)
    before = grown(store).before
    store.update_manifest(lance_search=second)
    grown(store)
    restore(store, before)
    assert store.manifest.lance_search == first


def test_an_edit_says_the_command_that_undoes_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "my base", 6)
    version = store.version
    assert grown(store).undo == f"dermtools restore '{store.path}' {version}"


def test_other_columns_and_the_order_of_rows_stay_as_they_lie(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    columns, vectors = store.columns_and_vectors()
    data = {path.name: path.read_bytes() for path in (store.path / "cases.lance" / "data").iterdir()}
    grown(store)
    after, now = store.columns_and_vectors()
    assert (after.case_ids, after.splits) == (columns.case_ids, ["train", "test", None, None, "train", "valid"])
    assert np.array_equal(vectors, now)
    files = {path.name: path.read_bytes() for path in (store.path / "cases.lance" / "data").iterdir()}
    assert {name: files[name] for name in data} == data
    assert not any(b"jpeg1" in content for name, content in files.items() if name not in data)


def test_a_version_that_is_present_unknown_or_gone_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    first = grown(store).before
    for version, why in ((store.version, "is the present one"), (99, "is not in the history")):
        with pytest.raises(QueryError, match=f"version {version} .*{why}.*: {first}$"):
            restore(store, version)
    store.purge()
    with pytest.raises(QueryError, match="cases were erased since; those that can be had back: none"):
        restore(store, first)


def test_versions_of_another_embedder_do_not_come_back(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    first = grown(store).before
    store.update_manifest(identity=store.manifest.identity.model_copy(update={"revision": "2"}))
    with pytest.raises(QueryError, match=rf"version {first} was embedded with colour \(8-d, revision 1"):
        restore(store, first)


def test_an_edit_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 6)
    before = store.manifest

    def failing(_table: object) -> None:
        raise CaseBaseError("the disk is full")

    with pytest.raises(CaseBaseError, match="the disk is full"):
        edit(store, "relabel", "", 1, failing, tasks=TASKS[:1], shown=("age",))
    assert store.manifest == before == CaseStore.open(store.path).manifest
    check_holds(store, ROWS)
    assert not (store.path / EDITING).exists()
    assert [one.command for one in history(store).versions] == [""]


KILLED = """
import os, signal, sys
from dermtools.cases import CaseStore, edits, lance_table
from tests.support.stored_cases import TASKS, check_holds, grown, new_store, stored
home, name = {"set_cells": (lance_table.CaseTable, "set_cells"), "restore": (lance_table.CaseTable, "restore"),
    "between": (CaseStore, "update_manifest"), "note": (edits, "note")}[sys.argv[3]]
real = getattr(home, name)
def dying(*given, **named):
    if sys.argv[4] == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(home, name, dying)
store = CaseStore.open(sys.argv[1])
grown(store) if sys.argv[2] == "edit" else edits.restore(store, int(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("what", "step", "moment", "done"),
    [
        ("edit", "between", "after", False),
        ("edit", "set_cells", "after", True),
        ("restore", "restore", "before", False),
        ("restore", "restore", "after", True),
        ("restore", "note", "before", True),
    ],
)
def test_killed_at_any_moment_it_opens_and_the_next_write_ends_it(
    tmp_path: Path, what: str, step: str, moment: str, done: bool
) -> None:
    store = new_store(tmp_path / "base", 6)
    states = [(store.manifest, store.columns().labels)]
    if what == "restore":
        what = str(grown(store).before)
        states.insert(0, (store.manifest, store.columns().labels))
    else:
        twin = new_store(tmp_path / "twin", 6)
        grown(twin)
        states.append((twin.manifest.model_copy(update={"created": store.manifest.created}), twin.columns().labels))
    words = [sys.executable, "-c", KILLED, str(store.path), what, step, moment]
    assert subprocess.run(words, check=False, timeout=SAFETY_NET).returncode == -signal.SIGKILL
    opened = CaseStore.open(store.path)
    assert opened.columns().case_ids == [row.case.case_id for row in ROWS]
    assert (store.path / EDITING).exists()
    with opened.write():
        pass
    assert (opened.manifest, opened.columns().labels) == states[done]
    assert not (store.path / EDITING).exists()
    for version in history(opened).restorable():
        restore(opened, version)
