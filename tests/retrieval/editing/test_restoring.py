"""Any row of edits, and then back: exactly what was there, from every version that is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases import CaseStore
from dermtools.cases.history import history
from dermtools.retrieval.editing.merging import merge
from dermtools.retrieval.editing.relabel import relabel
from dermtools.retrieval.editing.removing import remove
from dermtools.retrieval.editing.restoring import restore
from dermtools.retrieval.editing.splitting import split
from tests.support.stored_cases import new_store, stored

CASES = 8
SMALL = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

relabels = st.tuples(
    st.just("relabel"),
    st.dictionaries(
        st.integers(0, CASES - 1),
        st.dictionaries(st.just("location"), st.lists(st.sampled_from(["face", "hand", "arm"]), max_size=2)),
        max_size=3,
    ),
)
edits = st.one_of(
    relabels,
    st.tuples(st.just("split"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.tuples(st.integers(0, CASES // 2 - 1), st.sampled_from(["train", "valid", "test"]))),
    st.tuples(st.just("remove"), st.integers(0, CASES - 1)),
    st.tuples(st.just("merge"), st.integers(10, 13)),
    st.tuples(st.just("restore"), st.integers(0, 9)),
    st.tuples(st.just("add"), st.integers(20, 23)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case base, and four of one case each to be merged."""
    folder = tmp_path_factory.mktemp("editing")
    new_store(folder / "base", CASES)
    for number in range(10, 14):
        new_store(folder / str(number)).add([stored(number)])
    return folder


def state(store: CaseStore) -> dict[str, Any]:
    columns, vectors = store.columns_and_vectors()
    rows = {row.case.case_id: row for row in store.rows(columns.case_ids)}
    return {
        "cases": [columns.case(row) for row in range(len(columns))],
        "vectors": vectors.tolist(),
        "jpegs": [rows[case_id].jpeg for case_id in columns.case_ids],
        "manifest": store.manifest,
    }


def apply(store: CaseStore, others: Path, kind: str, what: Any) -> None:
    known = store.columns().row_of
    if kind == "relabel":
        wanted = {f"case{number}": labels for number, labels in what.items() if f"case{number}" in known}
        relabel(store, wanted, new_labels=True)
    elif kind == "split":
        split(store, seed=what)
    elif kind == "move" and f"group{what[0]}" in store.columns().group_ids:
        split(store, {f"group{what[0]}": what[1]})
    elif kind == "remove" and f"case{what}" in known:
        remove(store, [f"case{what}"])
    elif kind == "merge" and f"case{what}" not in known:
        merge(store, [CaseStore.open(others / str(what))])
    elif kind == "restore" and (versions := history(store).restorable()):
        restore(store, versions[what % len(versions)])
    elif kind == "add" and f"case{what}" not in known:
        store.add([stored(what)])  # as an ingest writes, without a record
        store.compact()


@SMALL
@given(steps=st.lists(edits, min_size=1, max_size=4))
def test_every_kept_version_comes_back_exactly(made: Path, tmp_path: Path, steps: list[tuple[str, Any]]) -> None:
    shutil.rmtree(tmp_path / "base", ignore_errors=True)
    store = CaseStore.open(shutil.copytree(made / "base", tmp_path / "base"))
    states = {store.version: state(store)}
    for kind, what in steps:
        apply(store, made, kind, what)
        states[store.version] = state(store)
        assert np.isfinite(store.vectors()).all()
    for version in history(store).restorable():
        restore(store, version)
        assert state(store) == states[version]
        assert state(CaseStore.open(store.path)) == states[version]


def test_what_is_shown_again_and_what_learned_from_other_cases_is_told(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    store.update_manifest(shown=("age",))
    version = remove(store, ["case1"]).before
    store.update_manifest(shown=())
    folder = store.path / "adapters" / "location" / "linear-probe"
    folder.mkdir(parents=True)
    (folder / "adapter.json").touch()
    notes = restore(store, version).notes
    assert notes[0] == "shown again, as in that version: age"
    assert notes[1].startswith("the linear-probe of location learned from the former cases; train it anew: ")
