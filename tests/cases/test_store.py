"""A case base keeps what it is given, for every reader and whoever else writes."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import lance
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import StoredCase
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import SourceNote
from dermtools.cases.store import CaseStore
from dermtools.errors import CaseBaseError, QueryError

DIMENSION = 8
IDENTITY = EmbedderIdentity(name="colour", revision="1", preprocessing="none", dimension=DIMENSION, normalized=False)
TASKS = (
    Task(name="location", question="Where?", labels=("face", "hand")),
    Task(name="Diagnosis_2", question="What?", labels=("naevus", "o'dd")),
)


def stored(number: int, **changes: object) -> StoredCase:
    case = {
        "case_id": f"case{number}",
        "group_id": f"group{number // 2}",
        "split": ("train", "valid", "test", None)[number % 4],
        "labels": {"location": ("face", "hand")[: number % 3]} if number % 3 else {},
        "attributes": {"age": number, "ratio": 0.5, "smoker": number % 2 == 0, "sex": "ü'"} if number % 2 else {},
    }
    vector = np.random.default_rng(number).standard_normal(DIMENSION, dtype=np.float32)
    case |= changes
    return StoredCase(Case(**case), f"{number:064x}", vector, b"jpeg%d" % number, 640 + number, 480)


def new_store(path: Path, count: int = 0) -> CaseStore:
    store = CaseStore.create(path, embedder_spec="colour", identity=IDENTITY, tasks=TASKS)
    store.add([stored(number) for number in range(count)])
    return store


def check_holds(store: CaseStore, rows: list[StoredCase]) -> None:
    columns, vectors = store.columns_and_vectors()
    assert len(store) == len(columns) == len(rows)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    for row in rows:
        number = columns.row_of[row.case.case_id]
        assert columns.case(number) == row.case
        assert columns.content_hashes[number] == row.content_hash
        assert (columns.widths[number], columns.heights[number]) == (row.width, row.height)
        assert np.array_equal(vectors[number], row.vector)
    ids = [row.case.case_id for row in rows]
    assert list(store.jpegs(ids).items()) == [(row.case.case_id, row.jpeg) for row in rows]


def test_rows_come_back_as_they_were_added(tmp_path: Path) -> None:
    rows = [stored(number) for number in range(30)]
    store = new_store(tmp_path / "base")
    store.add(rows[:7])
    store.add(rows[7:])
    check_holds(store, rows)
    check_holds(CaseStore.open(tmp_path / "base"), rows)


def test_complete_rows_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    row = new_store(tmp_path / "base", 9).rows(["case7", "case2", "case7"])
    assert [found.case for found in row] == [stored(7).case, stored(2).case]
    assert np.array_equal(row[0].vector, stored(7).vector)
    assert (row[1].jpeg, row[1].width, row[1].content_hash) == (b"jpeg2", 642, stored(2).content_hash)


@given(
    st.lists(
        st.builds(
            Case,
            case_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            group_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            split=st.sampled_from(["train", "valid", "test", None]),
            labels=st.dictionaries(
                st.just("location"), st.sampled_from([("face",), ("hand",), ("face", "hand")]), max_size=1
            ),
            attributes=st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
                st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
                | st.booleans()
                | st.integers(-(2**60), 2**60)
                | st.floats(allow_nan=False, allow_infinity=False),
                max_size=3,
            ),
        ),
        unique_by=lambda case: case.case_id,
        max_size=5,
    )
)
@settings(max_examples=15, deadline=None)
def test_any_ids_labels_and_attributes_survive_add_update_and_delete(
    tmp_path_factory: pytest.TempPathFactory, cases: list[Case]
) -> None:
    store = new_store(tmp_path_factory.mktemp("any") / "base", 2)
    rows = [replace(stored(number), case=case) for number, case in enumerate(cases, start=10)]
    store.update(rows)
    check_holds(
        store, [row for row in (stored(0), stored(1)) if row.case.case_id not in {c.case_id for c in cases}] + rows
    )
    assert store.delete(case.case_id for case in cases) == len(cases)
    assert set(store.columns().case_ids) == {"case0", "case1"} - {case.case_id for case in cases}


def test_an_empty_case_base_can_be_read(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    check_holds(store, [])
    assert store.vectors().shape == (0, DIMENSION)
    assert store.columns().labels == {"location": [], "Diagnosis_2": []}


def test_an_update_replaces_and_adds(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    changed = replace(stored(20), case=stored(1).case)
    store.update([changed, stored(7)])
    check_holds(store, [stored(0), stored(2), stored(3), stored(4), changed, stored(7)])


def test_deleted_pictures_leave_the_disk(tmp_path: Path) -> None:
    # One case of many, in one file: what Lance by itself would only mark as deleted.
    store = new_store(tmp_path / "base", 200)
    store.add([replace(stored(200), jpeg=b"a patient's picture")])
    store.compact()

    def is_on_disk() -> bool:
        files = [path for path in store.path.rglob("*") if path.is_file()]
        return any(b"a patient's picture" in path.read_bytes() for path in files)

    assert is_on_disk()
    store.delete(["case200"])
    assert not is_on_disk()
    check_holds(store, [stored(number) for number in range(200)])


def test_delete_counts_what_went(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 5)
    assert store.delete(["case3", "case1", "nobody"]) == 2
    check_holds(store, [stored(0), stored(2), stored(4)])


def test_compacting_changes_nothing_that_is_read(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    for number in range(12):
        store.add([stored(number)])
    store.delete(["case4"])
    reader = CaseStore.open(store.path)
    rows = [stored(number) for number in range(12) if number != 4]
    check_holds(reader, rows)
    store.compact()
    assert len(list((store.path / "cases.lance" / "data").iterdir())) == 1
    check_holds(store, rows)
    check_holds(reader, rows)


def test_compacting_waits_for_more_files_than_are_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    for number in range(3):
        store.add([stored(number)])
    store.compact(files_kept=3)
    assert len(list((store.path / "cases.lance" / "data").iterdir())) == 3


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([stored(0), stored(0)], "twice"),
        ([replace(stored(0), vector=np.zeros(3, np.float32))], "shape"),
        ([replace(stored(0), vector=np.full(DIMENSION, np.nan, np.float32))], "not finite"),
        ([stored(0, labels={"location": ("knee",)})], "'knee' is not a label"),
        ([stored(0, labels={"mood": ("good",)})], "task 'mood'"),
        ([stored(0, attributes={"age": float("nan")})], "'age'"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path: Path, rows: list[StoredCase], reason: str
) -> None:
    store = new_store(tmp_path / "base", 0)
    for write in (store.add, store.update):
        with pytest.raises(CaseBaseError, match=reason):
            write([stored(5), *rows])
    assert len(store) == 0


def test_adding_a_case_that_is_there_is_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    with pytest.raises(CaseBaseError, match="'case1' is in"):
        store.add([stored(2), stored(1)])
    assert len(store) == 2


def test_a_reader_sees_what_another_one_wrote_when_it_asks_for_the_version(tmp_path: Path) -> None:
    writer = new_store(tmp_path / "base", 3)
    reader = CaseStore.open(writer.path)
    before = reader.version
    writer.set_tasks([*TASKS, Task(name="new", question="?", labels=("a",))])
    writer.add([stored(3, labels={"new": ("a",)})])
    assert len(reader) == 3
    assert reader.version > before
    assert reader.columns().labels["new"] == [(), (), (), ("a",)]
    assert reader.manifest == writer.manifest


def test_adding_rows_goes_on_after_another_writer(tmp_path: Path) -> None:
    one = new_store(tmp_path / "base", 1)
    two = CaseStore.open(one.path)
    two.add([stored(1)])
    with pytest.raises(CaseBaseError, match="'case1' is in"):
        one.add([stored(1)])
    one.add([stored(2)])
    check_holds(one, [stored(0), stored(1), stored(2)])


def test_users_can_filter_labels_with_lance(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 9)
    table = lance.dataset(store.path / "cases.lance")
    found = table.to_table(columns=["case_id"], filter="array_has(label_location, 'hand')")
    assert found["case_id"].to_pylist() == ["case2", "case5", "case8"]


def test_a_second_process_may_read_but_not_write(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    other = (
        "import sys\nfrom dermtools.cases.store import CaseStore\nfrom dermtools.errors import CaseBaseError\n"
        "store = CaseStore.open(sys.argv[1])\nassert len(store) == 2\n"
        "try:\n    store.delete(['case0'])\nexcept CaseBaseError as error:\n    print(error)\n"
    )
    with store.write(), store.write():
        run = subprocess.run(
            [sys.executable, "-c", other, str(store.path)], capture_output=True, text=True, timeout=60, check=True
        )
    assert run.stdout.startswith("another process is writing")
    assert store.delete(["case0"]) == 1


def test_threads_read_while_another_writes(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    faults: list[Exception] = []

    def read() -> None:
        try:
            while writing.is_alive():
                store.version  # noqa: B018  (moves the reader on)
                columns, vectors = store.columns_and_vectors()
                assert len(columns) == len(vectors)
                assert store.jpegs(["case0"]) == {"case0": b"jpeg0"}
        except (CaseBaseError, AssertionError) as error:
            faults.append(error)

    def write() -> None:
        for number in range(4, 30):
            store.add([stored(number)])
        store.compact()

    writing = threading.Thread(target=write)
    readers = [threading.Thread(target=read) for _ in range(2)]
    writing.start()
    for reader in readers:
        reader.start()
    for thread in (writing, *readers):
        thread.join()
    assert faults == []
    assert len(store) == 30


def test_an_unknown_case_is_a_fixable_error(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    with pytest.raises(QueryError, match="no case 'nobody'"):
        store.jpegs(["case0", "nobody"])


def test_new_tasks_and_sources_are_kept(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    store.set_tasks(TASKS[:1])
    store.update_manifest(sources=(SourceNote(name="drawn"),))
    again = CaseStore.open(store.path)
    assert again.manifest.tasks == TASKS[:1]
    assert again.manifest.sources == (SourceNote(name="drawn"),)
    assert list(again.columns().labels) == ["location"]


def test_creating_over_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    new_store(tmp_path / "base")
    for name in ("file", "full", "base"):
        with pytest.raises(CaseBaseError, match="exists already"):
            new_store(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "file", "full"]


def test_an_empty_folder_may_become_a_case_base(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    check_holds(new_store(tmp_path / "base", 1), [stored(0)])
