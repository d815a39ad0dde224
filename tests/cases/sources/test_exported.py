"""What went out comes in again: the same cases, whatever they hold."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dermtools.cases import Case, CaseStore, Choice, Extract, SourceNote, SourceOptions, StoredCase, Task, load_source
from dermtools.cases.exports.record import To
from dermtools.cases.exports.writing import write_export
from dermtools.cases.groups import own_group
from dermtools.errors import SourceError
from tests.support.stored_cases import DIMENSION, IDENTITY, new_store, stored

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
ODD = st.sampled_from(["../up", "a/b", "A", "a", "=1+1", "con", "'", " x ", "x\r\ny", "a|b", "-", "é", "7" * 200])
LABELS = ("arm", "a|b", "=hand", "b;c", " leg ")
VALUE = TEXT | st.just("") | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@st.composite
def rows(draw: st.DrawFn) -> list[StoredCase]:
    ids = draw(st.lists(ODD | TEXT, min_size=1, max_size=4, unique=True))
    names = draw(st.lists(st.sampled_from(["age", "split", "site", "=x", "", "image"]), max_size=2, unique=True))
    found = []
    for number, case_id in enumerate(ids):
        label = draw(st.lists(st.sampled_from(LABELS), max_size=2, unique=True))
        single = draw(st.sampled_from([(), ("x",), ("y",)]))
        values = {name: draw(VALUE | st.none()) for name in names}
        case = Case(
            case_id=case_id,
            group_id=draw(st.just(own_group(case_id)) | TEXT | st.sampled_from(["case:x", "group:y", "patient_id:7"])),
            split=draw(st.sampled_from(["train", "valid", "test"])),
            labels={task: value for task, value in (("site", tuple(label)), ("kind", single)) if value},
            attributes={name: value for name, value in values.items() if value is not None},
        )
        found.append(replace(stored(number), case=case))
    return found


def written(cases: list[StoredCase], folder: Path, to: To) -> CaseStore:
    tasks = (
        Task(name="site", question="Where?", labels=LABELS),
        Task(name="kind", question="Which, then?", labels=("x", "y", "z")),
    )
    store = CaseStore.create(folder / "base", embedder_spec="colour", identity=IDENTITY, tasks=tasks)
    store.update_manifest(
        sources=(SourceNote(name="ours", notes=("one",), licence="CC BY 4.0", citation="c", url="u"),)
    )
    store.add(cases)
    choice = Choice(attributes="all", vectors=True, pictures=to in ("hf", "imagefolder"))
    extract = Extract(store.path, store.current_manifest(), store.columns(), range(len(cases)), choice)
    write_export(extract, folder / "out", to, task="site" if to == "imagefolder" else None)
    return store


@pytest.mark.parametrize("to", ["csv", "parquet", "hf", "imagefolder"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=rows())
def test_cases_are_the_same_again(to: To, tmp_path: Path, cases: list[StoredCase]) -> None:
    shutil.rmtree(tmp_path, ignore_errors=True)
    tmp_path.mkdir()
    store = written(cases, tmp_path, to)
    data = load_source(tmp_path / "out", options=SourceOptions(attributes="all"))
    assert [problem for problem in data.problems if not problem.where.startswith("group ")] == []  # of two splits
    assert {item.case.case_id: item.case for item in data.cases} == {row.case.case_id: row.case for row in cases}
    assert data.tasks == store.manifest.tasks
    assert (data.name, data.licence, data.citation, data.url) == ("ours", "CC BY 4.0", "c", "u")
    assert data.identity == IDENTITY
    known = {row.case.case_id: row for row in cases}
    for item in data.cases:
        assert np.array_equal(item.vector, known[item.case.case_id].vector)
        if to in ("hf", "imagefolder"):
            picture = item.picture
            assert (picture if isinstance(picture, bytes) else picture.read_bytes()) == known[item.case.case_id].jpeg
        else:
            assert item.image is None


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Three cases as a CSV with pictures and vectors."""
    store = new_store(tmp_path / "base", 3)
    choice = Choice(attributes="all", vectors=True, pictures=True)
    write_export(
        Extract(store.path, store.current_manifest(), store.columns(), range(3), choice), tmp_path / "o", "csv"
    )
    return tmp_path / "o"


def edit(folder: Path, before: str, after: str) -> None:
    table = folder / "cases.csv"
    text = table.read_text(encoding="utf-8")
    assert before in text
    table.write_text(text.replace(before, after), encoding="utf-8")


def test_the_table_or_record_of_an_export_names_it_too(exported: Path) -> None:
    for name in ("cases.csv", "dermtools.json"):
        assert len(load_source(exported / name).cases) == 3


def test_rows_that_were_moved_keep_their_vectors_and_new_labels_join_the_set(exported: Path) -> None:
    head, *lines = (exported / "cases.csv").read_text(encoding="utf-8").splitlines()
    (exported / "cases.csv").write_text("\n".join([head, *reversed(lines)]) + "\n", encoding="utf-8")
    edit(exported, "face|hand", "face|knee")
    data = load_source(exported)
    assert data.tasks[0].labels == ("face", "hand", "knee")
    for item in data.cases:
        assert np.array_equal(item.vector, stored(int(item.case.case_id[-1])).vector)
        assert item.vector.shape == (DIMENSION,)


def test_a_row_that_was_broken_is_a_problem_and_the_rest_is_read(exported: Path) -> None:
    edit(exported, "false", "perhaps")
    data = load_source(exported)
    assert [(p.where, p.reason) for p in data.problems] == [
        ("cases.csv row 3", "column 'smoker' holds no boolean: 'perhaps' is neither true nor false")
    ]
    assert len(data.cases) == 2


def test_a_picture_outside_the_folder_is_not_read(exported: Path) -> None:
    edit(exported, "pictures/case0.jpg", "../base/manifest.json")
    assert next(item for item in load_source(exported).cases if item.case.case_id == "case0").image is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("dermtools.json", "{", "is damaged: it is not JSON"),
        ("cases.csv", "case_id,split\n", "column 'group_id' is missing"),
        ("vectors.npy", "none", "not readable as an array of numbers"),
    ],
)
def test_a_damaged_export_is_one_line(exported: Path, name: str, content: str, said: str) -> None:
    (exported / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        load_source(exported)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"cases.csv"', '"../base/manifest.json"', "is no file in this folder"),
        ('"vectors.npy"', '"/etc/hostname"', "is no file in this folder"),
        ('"cases.csv"', '"a\\u0000"', "is no file in this folder"),
    ],
)
def test_a_record_that_leads_out_of_the_folder_is_refused(exported: Path, before: str, after: str, said: str) -> None:
    record = exported / "dermtools.json"
    text = record.read_text(encoding="utf-8")
    assert before in text
    record.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(SourceError, match=said):
        load_source(exported)


def test_a_record_that_names_another_file_for_the_vectors_is_one_line(exported: Path) -> None:
    np.savez(exported / "other.npz", a=np.ones((3, DIMENSION), np.float32))
    record = exported / "dermtools.json"
    record.write_text(record.read_text(encoding="utf-8").replace("vectors.npy", "other.npz"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"other\.npz: holds float32 of shape .*, no vectors"):
        load_source(exported)


@pytest.mark.parametrize("kind", ["text", "integer", "number", "json"])
@pytest.mark.parametrize("cell", [[1.0], {"a": 1}])
def test_a_cell_of_several_values_is_a_problem_of_its_row(tmp_path: Path, kind: str, cell: object) -> None:
    sound, odd = (Case(case_id=one, group_id=one, attributes={"age": 7}) for one in ("sound", "odd"))
    written([replace(stored(0), case=sound), replace(stored(1), case=odd)], tmp_path, "parquet")
    table, record = tmp_path / "out/cases.parquet", tmp_path / "out/dermtools.json"
    facts = json.loads(record.read_text(encoding="utf-8"))
    column = next(one for one in facts["columns"] if one["role"] == "attribute")
    column["kind"] = kind
    record.write_text(json.dumps(facts), encoding="utf-8")
    held = pyarrow.parquet.read_table(table)
    place = held.schema.get_field_index(column["name"])
    pyarrow.parquet.write_table(held.set_column(place, column["name"], pa.array([None, cell])), table)
    data = load_source(tmp_path / "out")
    assert [problem.reason for problem in data.problems] == [
        f"column {column['name']!r} holds no {kind}: it has several values"
    ]


def test_a_class_that_is_not_there_is_a_problem_of_its_row(tmp_path: Path) -> None:
    written([stored(0, labels={"kind": ("y",)}), stored(1, labels={"kind": ("x",)})], tmp_path, "hf")
    table = next((tmp_path / "out/data").glob("train-*"))
    held = pyarrow.parquet.read_table(table)
    place = held.schema.get_field_index("kind")
    pyarrow.parquet.write_table(held.set_column(place, held.schema.field("kind"), [[7]]), table)
    data = load_source(tmp_path / "out")
    assert [item.case.case_id for item in data.cases] == ["case1"]
    assert data.problems[0].reason == "column 'kind' holds no label: the classes are 0 to 2"


def test_options_of_other_sources_are_refused(exported: Path) -> None:
    with pytest.raises(SourceError, match="option 'columns' does not apply to a dermtools export source"):
        load_source(exported, options=SourceOptions(columns={"image": "file"}))
    assert [task.name for task in load_source(exported, options=SourceOptions(tasks=("location",))).tasks] == [
        "location"
    ]
