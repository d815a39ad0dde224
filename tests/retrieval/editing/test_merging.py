"""Case bases joined into one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dermtools.cases import CaseStore, SourceNote, StoredCase, Task
from dermtools.cases.edits import restore
from dermtools.errors import CaseBaseError, QueryError
from dermtools.retrieval.editing.merging import merge
from tests.support.stored_cases import TASKS, check_holds, new_store, stored


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return new_store(tmp_path / "base", 4)


def other(folder: Path, *rows: StoredCase, **manifest: Any) -> CaseStore:
    store = new_store(folder / f"other{len(list(folder.iterdir()))}")
    store.update_manifest(**manifest)
    if "tasks" in manifest:
        store.set_tasks(manifest["tasks"])
    store.add(rows)
    return store


def test_all_cases_come_in_and_the_others_stay(store: CaseStore, tmp_path: Path) -> None:
    icd = Task(name="icd", question="Which code?", labels=("L20",))
    location = TASKS[0].model_copy(update={"labels": ("arm", "face", "hand")})
    rows = [stored(number, labels={"location": ("arm",), "icd": ("L20",)}) for number in (10, 11)]
    first, second = other(tmp_path, *rows, tasks=(location, icd)), other(tmp_path, stored(12))
    done = merge(store, [first, second])
    own = [stored(number) for number in range(4)]
    check_holds(store, [*own, *rows, stored(12)])
    assert {task.name: task.labels for task in store.manifest.tasks} == {
        "location": ("arm", "face", "hand"),
        "Diagnosis_2": TASKS[1].labels,
        "icd": ("L20",),
    }
    assert (done.changed, done.cases) == (3, 7)
    check_holds(first, rows)
    restore(store, done.before)
    check_holds(store, own)
    assert store.manifest.tasks == TASKS


def test_sources_are_joined_and_an_attribute_is_private_where_one_keeps_it_so(store: CaseStore, tmp_path: Path) -> None:
    store.update_manifest(shown=("age", "sex"), sources=(SourceNote(name="clinic", notes=("a",)),))
    note = SourceNote(name="clinic", notes=("a", "b"))
    came = stored(11, attributes={"age": 9, "ward": "x"})
    done = merge(store, [other(tmp_path, came, shown=("ward",), sources=(note,), redact=True)])
    assert (store.manifest.shown, store.manifest.redact) == (("sex", "ward"), True)
    assert store.manifest.sources == (note,)
    assert done.notes[0] == "private from now on, as in another case base: age"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (stored(3), "1 case id in .*base and in .*other1 too: case3"),
        (stored(10, group_id="group0", split="test"), "groups that would be in two splits: group0"),
        (replace(stored(10, split="test"), content_hash=f"{0:064x}"), "pictures that .* two splits: case0 = case10"),
        (
            replace(stored(10, split=None, labels={"location": ("hand",)}), content_hash=f"{1:064x}"),
            "the same pictures have other labels of location: case1 = case10",
        ),
    ],
)
def test_what_contradicts_itself_is_named_and_nothing_is_written(
    store: CaseStore, tmp_path: Path, row: StoredCase, said: str
) -> None:
    version = store.version
    with pytest.raises(QueryError, match=said) as error:
        merge(store, [other(tmp_path, row)])
    assert "\n" not in str(error.value)
    assert store.version == version


def test_a_case_base_that_cannot_be_read_to_its_end_is_told_and_nothing_is_taken(
    store: CaseStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dermtools.retrieval.editing.merging.READ_AT_ONCE", 2)
    damaged = other(tmp_path, *(stored(number) for number in range(10, 20)))
    rows = damaged.rows

    def torn(case_ids: list[str]) -> list[StoredCase]:
        if "case16" in case_ids:
            raise CaseBaseError("other is damaged")
        return rows(case_ids)

    monkeypatch.setattr(damaged, "rows", torn)
    with pytest.raises(CaseBaseError, match=r"^other is damaged$"):
        merge(store, [damaged])
    check_holds(store, [stored(number) for number in range(4)])


def test_what_one_of_them_holds_by_itself_is_no_reason_to_refuse(store: CaseStore, tmp_path: Path) -> None:
    torn = [stored(20), stored(21)]
    assert torn[0].case.group_id == torn[1].case.group_id
    assert torn[0].case.split != torn[1].case.split
    assert merge(store, [other(tmp_path, *torn)]).cases == 6


def test_another_embedder_another_key_and_itself_are_refused(store: CaseStore, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="named twice"):
        merge(store, [CaseStore.open(store.path)])
    with pytest.raises(QueryError, match="not pseudonyms of one key"):
        merge(store, [other(tmp_path, stored(10), pseudonyms="0" * 16)])
    identity = store.manifest.identity.model_copy(update={"revision": "2"})
    with pytest.raises(QueryError, match="their vectors do not compare"):
        merge(store, [other(tmp_path, stored(10), identity=identity)])
