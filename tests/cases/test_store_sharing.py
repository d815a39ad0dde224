"""A case base is read and written by several threads and processes at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dermtools.cases import CaseStore, Task
from dermtools.errors import CaseBaseError
from tests.support.patience import SAFETY_NET
from tests.support.stored_cases import TASKS, check_holds, new_store, stored


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


def test_a_second_process_may_read_but_not_write(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    other = (
        "import sys\nfrom dermtools.cases.store import CaseStore\nfrom dermtools.errors import CaseBaseError\n"
        "store = CaseStore.open(sys.argv[1])\nassert len(store) == 2\n"
        "try:\n    store.delete(['case0'])\nexcept CaseBaseError as error:\n    print(error)\n"
    )
    with store.write(), store.write():
        run = subprocess.run(
            [sys.executable, "-c", other, str(store.path)],
            capture_output=True,
            text=True,
            timeout=SAFETY_NET,
            check=True,
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
