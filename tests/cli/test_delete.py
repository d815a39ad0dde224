"""A patient is deleted: nothing of the picture, the id or the group is left in any byte, decoded or not."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lance.file import LanceFileReader

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.sources.sample import load_sample
from dermtools.cases.store import UNFINISHED, CaseStore
from dermtools.prompting.asking.cache import SQLiteCache
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.patience import SAFETY_NET

GROUP, CASE = "Mueller-Hans-1957", "Mueller_Hans_photo_1"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Twelve patients and one more, added, relabelled and searched, so that there are versions and an index."""
    sample = load_sample(patients=13)
    *others, last = sample.cases
    labels = {"location": last.case.labels["location"]}
    patient = [
        SourceCase(Case(case_id=CASE, group_id=GROUP, split=split, labels=labels), last.image)
        for split in ("valid", "train")
    ]
    tasks = tuple(Task(name=one.name, question=one.question, labels=one.labels) for one in sample.tasks)
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    for cases in (others, patient[:1], patient[1:]):
        case_base.add(SourceData(name="clinic", tasks=tasks, cases=tuple(cases)))
    case_base.search(case_id=others[0].case.case_id)
    return case_base.path


def slices(content: bytes) -> set[bytes]:
    return {content[start : start + 64] for start in range(len(content) - 63)}


def cells(file: Path) -> bytes:
    """Everything in a data file of Lance as it is read, whatever compression it has on the disk."""
    table = LanceFileReader(str(file)).read_all().to_table()
    flat = []
    for column in table.columns:
        for value in column.to_pylist():
            wide = isinstance(value, list) and value and isinstance(value[0], float)
            flat.append(
                np.array(value, np.float32).tobytes()
                if wide
                else value
                if isinstance(value, bytes)
                else str(value).encode()
            )
    return b"\0".join(flat)


class Traces:
    """What must not be found of the patient: ids, vector, and every 64 bytes of the picture that no other one has."""

    def __init__(self, base: Path) -> None:
        store = CaseStore.open(base)
        columns, vectors = store.columns_and_vectors()
        jpegs = store.jpegs(columns.case_ids)
        own = slices(jpegs.pop(CASE)) - set().union(*map(slices, jpegs.values()))
        assert len(own) > 500
        row = columns.row_of[CASE]
        self.words = [CASE.encode(), GROUP.encode(), columns.content_hashes[row].encode(), vectors[row].tobytes()]
        self.own = own

    def in_bytes(self, content: bytes) -> bool:
        return any(word in content for word in self.words) or not self.own.isdisjoint(slices(content))

    def found(self, base: Path) -> set[str]:
        """Folders or files, by their first name below the case base, that hold some of it."""
        files = [path for path in base.rglob("*") if path.is_file()]
        return {
            path.relative_to(base).parts[0]
            for path in files
            if self.in_bytes(path.read_bytes())
            or self.in_bytes(str(path.relative_to(base)).encode())
            or (path.suffix == ".lance" and self.in_bytes(cells(path)))
        }


def test_nothing_of_a_patient_is_left_in_any_byte(base: Path, run: Run, tmp_path: Path) -> None:
    traces = Traces(base)
    control = shutil.copytree(base, tmp_path / "control")
    assert traces.found(control) == {"cases.lance", "cache"}
    done = run("delete", base, "--group", GROUP, "--yes", "--json")
    assert (done.code, done.json["cases"]) == (0, 1)
    assert traces.found(base) == set()
    assert "not reached: runs, exported pages, backups" in done.json["notes"][-1]
    left = CaseStore.open(base)
    assert set(left.columns().case_ids) == set(CaseStore.open(control).columns().case_ids) - {CASE}
    assert GROUP not in CaseBase.open(base).search(case_id=left.columns().case_ids[0], k=50).to_json()


def test_what_a_killed_writer_left_goes_too(base: Path, run: Run) -> None:
    traces = Traces(base)
    data = base / "cases.lance" / "data"
    kept = [(file.name, file.read_bytes()) for file in data.iterdir() if traces.in_bytes(cells(file))]
    assert run("delete", base, "--case", CASE, "--yes").code == 0
    for name, content in kept:
        (data / name).write_bytes(content)
    assert traces.found(base) == {"cases.lance"}
    assert run("delete", base, "--purge", "--yes").code == 0
    assert traces.found(base) == set()


KILLED = """
import os, signal, sys
from dermtools.cases import lance_table
from dermtools.retrieval import CaseBase
real = getattr(lance_table.CaseTable, sys.argv[3])
def dying(self, *given, **named):
    if sys.argv[4] == "after":
        real(self, *given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(lance_table.CaseTable, sys.argv[3], dying)
CaseBase.open(sys.argv[1]).delete(groups=[sys.argv[2]])
"""


@pytest.mark.parametrize(
    ("step", "moment", "still"), [("delete", "before", True), ("delete", "after", False), ("compact", "after", False)]
)
def test_killed_at_any_moment_it_is_all_there_or_ended_by_the_next_write(
    base: Path, run: Run, step: str, moment: str, still: bool
) -> None:
    traces = Traces(base)
    words = [sys.executable, "-c", KILLED, str(base), GROUP, step, moment]
    assert subprocess.run(words, check=False, timeout=SAFETY_NET).returncode == -signal.SIGKILL
    assert (CASE in CaseStore.open(base).columns().row_of) is still
    assert (base / UNFINISHED).exists()
    assert not traces.in_bytes((base / UNFINISHED).read_bytes())
    done = run("delete", base, "--group", GROUP, "--yes")
    assert (done.code, "it is ended now" in done.err) == (0 if still else 1, True)
    assert traces.found(base) == set()


def test_a_typing_mistake_gets_the_nearest_and_deletes_nothing(base: Path, run: Run) -> None:
    for option, wrong, right in (("--group", "Muller-Hans-1957", GROUP), ("--case", "Mueller_Hans_foto_1", CASE)):
        done = run("delete", base, option, wrong, "--case", "drawn_p01_1", "--yes")
        assert (done.code, f"did you mean {right}?" in " ".join(done.err.split())) == (1, True)
    assert run("delete", base, "--yes").code == 1
    assert len(CaseStore.open(base)) == len(load_sample(patients=13).cases)


def test_without_a_yes_or_while_another_writes_nothing_is_deleted(
    base: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("delete", base, "--group", GROUP)
    assert (done.code, "add --yes" in done.err) == (1, True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert run("delete", base, "--group", GROUP).code == 1
    with CaseStore.open(base).write():
        done = run("delete", base, "--group", GROUP, "--yes")
    assert (done.code, "another process is writing" in done.err) == (1, True)
    assert CASE in CaseStore.open(base).columns().row_of


def test_cached_replies_go_from_the_disk(base: Path, run: Run, tmp_path: Path) -> None:
    from langchain_core.outputs import Generation

    file = tmp_path / "replies.sqlite"
    with SQLiteCache(file) as cache:
        cache.update("prompt", "model", [Generation(text=f"as in case:{CASE}")])
    assert CASE.encode() in file.read_bytes()
    assert run("delete", base, "--group", GROUP, "--cache", file, "--yes").code == 0
    assert not any(CASE.encode() in path.read_bytes() for path in tmp_path.glob("replies*"))


def test_a_copy_of_the_picture_under_another_id_is_named(base: Path, run: Run) -> None:
    store = CaseStore.open(base)
    (row,) = store.rows([CASE])
    copy = replace(row, case=row.case.model_copy(update={"case_id": "copy", "group_id": "other"}))
    store.add([copy])
    notes = run("delete", base, "--case", CASE, "--yes", "--json").json["notes"]
    assert any("the same pictures under other ids: copy" in note for note in notes)


def test_a_patient_is_named_by_the_key_file_and_leaves_it(tmp_path: Path, run: Run) -> None:
    from dermtools.cases.pseudonyms import default_key

    sample = load_sample(patients=3)
    base = tmp_path / "base"
    key = default_key(base)
    CaseBase.create(base, embedder="descriptor").add(sample, key_file=key)
    real = sample.cases[0].case.group_id
    count = sum(one.case.group_id == real for one in sample.cases)
    assert run("delete", base, "--group", real, "--yes", "--json").json["cases"] == count
    known = json.loads(key.read_text())
    assert real not in known["groups"].values()
    assert len(known["cases"]) == len(sample.cases) - count == len(CaseStore.open(base))


@pytest.mark.parametrize(
    ("command", "kept"), [(("--group", GROUP), True), (("--case", CASE), False), (("--purge",), True)]
)
def test_nothing_is_left_of_a_patient_who_was_put_away_among_many(
    base: Path, run: Run, command: tuple[str, ...], kept: bool
) -> None:
    """So few of a file's rows are marked as deleted that joining files would leave them in it."""
    store, traces = CaseStore.open(base), Traces(base)
    others = store.rows([one for one in store.columns().case_ids if one != CASE])
    many = [
        replace(row, case=row.case.model_copy(update={"case_id": f"{row.case.case_id}-{number}"}), jpeg=b"small")
        for row in others
        for number in range(5)
    ]
    store.add(many)
    store.compact()
    assert run("delete", base, "--group", GROUP, "--restorable", "--yes").code == 0
    if not kept:  # no earlier version can be had back any more, and the rows are still there
        with store.write():
            store.table.let_go(store.table.kept() - {store.table.version})
    assert "cases.lance" in traces.found(base)
    assert run("delete", base, *command, "--yes").code == 0
    assert traces.found(base) == set()
    assert len(CaseStore.open(base)) == len(others) + len(many)
