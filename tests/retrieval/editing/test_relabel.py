"""Other labels for stored cases, without reading a picture or making a vector."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import CaseStore, Task
from dermtools.cases.edits import restore
from dermtools.errors import QueryError
from dermtools.retrieval.editing.relabel import label_set, relabel
from tests.support.stored_cases import check_holds, new_store, stored


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    """case1: face; case2: face, hand; case4: face; case5: face, hand; nobody has a Diagnosis_2."""
    return new_store(tmp_path / "base", 6)


def test_named_tasks_get_exactly_these_labels_and_others_stay(store: CaseStore) -> None:
    done = relabel(store, {"case1": {"location": ["hand"]}, "case2": {"location": [], "Diagnosis_2": ["naevus"]}})
    assert store.columns().labels == {
        "location": [(), ("hand",), (), (), ("face",), ("face", "hand")],
        "Diagnosis_2": [(), (), ("naevus",), (), (), ()],
    }
    assert (done.changed, done.cases, done.version) == (2, 6, store.version)
    restore(store, done.before)
    check_holds(store, [stored(number) for number in range(6)])


def test_what_is_so_already_makes_no_version(store: CaseStore) -> None:
    version = store.version
    done = relabel(store, {"case1": {"location": [" face "]}, "case0": {}})
    assert (done.changed, done.version, done.undo, store.version) == (0, version, None, version)


def test_a_label_without_a_case_leaves_the_set_unless_the_set_was_given_whole(store: CaseStore) -> None:
    relabel(store, {"case2": {"location": ["face"]}})
    done = relabel(store, {"case5": {"location": ["face"]}})
    assert store.manifest.tasks[0].labels == ("face",)
    assert done.notes == ("no case has 'hand' any more: no label of location from now on",)
    relabel(store, {"case0": {"Diagnosis_2": ["naevus"]}})
    relabel(store, {"case0": {"Diagnosis_2": []}})
    assert store.manifest.tasks[1].labels == ("naevus", "o'dd")


def test_the_last_label_of_a_set_stays() -> None:
    task = Task(name="location", question="Where?", labels=("face",))
    assert label_set(task, [("face",)], [()]) == task


def test_a_new_label_must_be_wanted(store: CaseStore) -> None:
    with pytest.raises(QueryError, match="case 'case0': 'fase' is not a label of location; did you mean face"):
        relabel(store, {"case1": {"location": ["hand"]}, "case0": {"location": ["fase"]}})
    check_holds(store, [stored(number) for number in range(6)])
    done = relabel(store, {"case0": {"location": ["arm"]}}, new_labels=True)
    assert store.manifest.tasks[0].labels == ("arm", "face", "hand")
    assert done.notes == ("new labels of location: 'arm'",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"case11": {"location": ["face"]}}, "no case 'case11' in the case base; did you mean case1?"),
        ({"case1": {"locaton": ["face"]}}, "no task 'locaton' in the case base; did you mean location?"),
        ({"case1": {"location": "face"}}, "give a list of labels of location, not one text"),
        ({"case1": {"location": [" "]}}, "a label of location is empty"),
    ],
)
def test_what_cannot_be_done_is_one_line(store: CaseStore, changes: dict[str, dict[str, list[str]]], said: str) -> None:
    with pytest.raises(QueryError, match=said.replace("?", r"\?")) as error:
        relabel(store, changes)
    assert "\n" not in str(error.value)


def test_classifiers_of_these_tasks_are_told_with_the_command_that_trains_them_anew(store: CaseStore) -> None:
    for task in ("location", "Diagnosis_2"):
        folder = store.path / "adapters" / task / "adapter"
        folder.mkdir(parents=True)
        (folder / "adapter.json").touch()
    done = relabel(store, {"case1": {"location": ["hand"]}})
    train = f"dermtools train {store.path} --task location --kind adapter"
    assert done.notes == (f"the adapter of location learned from the former labels; train it anew: {train}",)
