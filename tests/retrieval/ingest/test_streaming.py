"""An iterator of cases is stored as it comes: labels, splits and attributes are found out on the way."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from dermtools.cases import Case, SourceOptions, Task
from dermtools.cases.case import Problem
from dermtools.cases.sources.from_python import streamed
from dermtools.errors import SourceError
from dermtools.retrieval.ingest import batches
from dermtools.retrieval.ingest.streaming import Stream, with_labels
from dermtools.retrieval.ingest.writing import ingest
from tests.support.mean_colour import MeanColour, Watcher, counts, source_case


def cases(count, **changes):
    for number in range(count):
        yield source_case(
            number, **({"split": None, "labels": {"dx": ("nevus", "melanoma")[number % 2 :][:1]}} | changes)
        )


def stream(items, total=0, **options):
    return Stream("photos", streamed(items, SourceOptions(**options), "photos"), total, SourceOptions(**options))


def test_every_case_of_an_iterator_is_stored_with_the_labels_that_came(store):
    watcher = Watcher()
    report = ingest(store, MeanColour(), stream(cases(20), 20), batch_size=4, progress=watcher)
    assert counts(report) == (20, 0, 0, 20)
    assert (watcher.total, watcher.done) == (20, 20)
    assert [(task.name, task.labels) for task in store.manifest.tasks] == [("dx", ("melanoma", "nevus"))]
    assert [source.name for source in store.manifest.sources] == ["photos"]


def test_it_resumes_and_a_new_label_replaces_an_old_one(store):
    ingest(store, MeanColour(), stream(cases(6)), batch_size=2)
    again = ingest(store, MeanColour(), stream(cases(10)))
    assert counts(again) == (4, 0, 6, 4)
    other = ingest(store, MeanColour(), stream(cases(10, labels={"dx": ("wart",)})))
    assert counts(other) == (0, 10, 0, 0)
    assert [task.labels for task in store.manifest.tasks] == [("wart",)]


def test_only_a_few_pictures_are_in_memory_at_a_time(store):
    class Picture(np.ndarray):
        """An array whose end can be watched."""

    gone: list[int] = []
    most = 0

    def many():
        nonlocal most
        for number in range(200):
            picture = np.full((20, 30, 3), number, np.uint8).view(Picture)
            weakref.finalize(picture, gone.append, number)
            most = max(most, number + 1 - len(gone))
            yield Case(case_id=str(number), group_id=str(number)), picture
            del picture

    ingest(store, MeanColour(), stream(many()), batch_size=8, workers=1)
    assert len(store) == 200
    assert most <= 3 * 8


def test_a_split_is_drawn_by_group_and_kept_with_the_group(store):
    many = stream((source_case(number, split=None) for number in range(60)), split_fractions=(0.5, 0.25, 0.25))
    report = ingest(store, MeanColour(), many)
    columns = store.columns()
    split_of = dict(zip(columns.group_ids, columns.splits, strict=True))
    assert [split_of[group] for group in columns.group_ids] == columns.splits
    assert set(columns.splits) == {"train", "valid", "test"}
    assert "splits made for 60 cases: drawn by group, seed 0" in report.notes
    ingest(store, MeanColour(), stream(iter([source_case(100, group_id="group3", split=None)])))
    assert store.columns().case(60).split == split_of["group3"]


def test_shares_of_drawn_splits_are_those_that_were_asked_for():
    drawn = Stream("x", (), 0, SourceOptions(split_fractions=(0.6, 0.4, 0.0)))
    splits = [drawn._drawn(str(group)) for group in range(4000)]
    assert splits.count("train") == pytest.approx(2400, abs=4 * (4000 * 0.24) ** 0.5)
    assert splits.count("test") == 0


def test_attributes_are_kept_only_when_asked_for_and_a_missing_one_is_said(store):
    report = ingest(store, MeanColour(), stream(cases(3), attributes=("height",)))
    assert store.columns().attributes == {}
    assert Problem("attribute height", "no case of photos has it") in report.problems
    assert any(note.startswith("columns left out: age") for note in report.notes)
    ingest(store, MeanColour(), stream(cases(3), attributes=("age",)))
    assert store.columns().attributes == {"age": [0, 1, 2]}
    assert store.current_manifest().shown == ()


def test_an_attribute_that_tells_who_somebody_is_is_said(store):
    many = (source_case(number, attributes={"mail": f"a{number}@b.org"}) for number in range(3))
    report = ingest(store, MeanColour(), stream(many, attributes=("mail",)))
    assert [problem.where for problem in report.problems] == ["attribute mail"]


def test_what_is_no_case_is_told_and_the_rest_goes_on(store):
    report = ingest(store, MeanColour(), stream(iter([source_case(0), 5, source_case(0), source_case(1)])))
    assert counts(report) == (2, 0, 0, 2)
    assert [problem.where for problem in report.problems] == ["photos row 1", "case0"]


def test_pseudonyms_need_all_ids_at_once(store, tmp_path):
    with pytest.raises(SourceError, match="photos is an iterator; pseudonyms need all ids at once"):
        ingest(store, MeanColour(), stream(cases(2)), key_file=tmp_path / "key.json")
    assert len(store) == 0


def test_labels_join_the_tasks_that_are_there():
    task = Task(name="dx", question="Which?", labels=("nevus",))
    new = Case(case_id="a", group_id="b", labels={"dx": ("melanoma",), "site": ("arm",)})
    assert [(one.name, one.labels) for one in with_labels([task], [new])] == [
        ("dx", ("melanoma", "nevus")),
        ("site", ("arm",)),
    ]
    assert with_labels([task], [new.model_copy(update={"labels": {"dx": ("nevus",)}})]) == []


def test_files_are_joined_on_the_way_and_all_cases_stay_in_their_order(store, monkeypatch):
    monkeypatch.setattr(batches, "JOINED_BATCHES", 8)
    monkeypatch.setattr(batches, "JOINED_ROWS", 16)
    monkeypatch.setattr(batches, "FILES_KEPT", 0)
    most = 0

    def watched():
        nonlocal most
        for case in cases(100):
            most = max(most, store.table.files())
            yield case

    assert ingest(store, MeanColour(), stream(watched()), batch_size=2).added == 100
    # Fifty commits: what was joined on the way, and up to eight since.
    assert most < 20
    assert store.columns().case_ids == [case.case.case_id for case in cases(100)]
