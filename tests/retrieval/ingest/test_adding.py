"""What `CaseBase.add` takes for a source, and what it streams."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dermtools.cases import SourceOptions
from dermtools.errors import SourceError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.ingest.adding import source_of
from dermtools.retrieval.ingest.streaming import Stream
from tests.support.mean_colour import TEN, shade

FRAME = pd.DataFrame({"id": ["a", "b"], "image": [shade(10), shade(90)], "dx": ["nevus", "wart"], "age": [3, 4]})


def test_a_data_frame_becomes_a_case_base(tmp_path):
    case_base = CaseBase.create(tmp_path / "base")
    report = case_base.add(FRAME, attributes=["age"], name="clinic")
    assert (report.added, report.embedded) == (2, 2)
    assert case_base.task("diagnosis").labels == ("nevus", "wart")
    assert case_base.columns.attributes == {"age": [3, 4]}
    assert case_base.attributes.shown == frozenset()
    assert case_base.info()["sources"][0]["name"] == "clinic"
    again = case_base.add(FRAME, attributes=["age"], name="clinic")
    assert (again.added, again.unchanged) == (0, 2)


def test_columns_tasks_and_further_options_say_how_it_is_read():
    frame = FRAME.rename(columns={"image": "photo of it", "dx": "what"})
    options = SourceOptions(questions={"what": "What is it?"})
    found = source_of(frame, columns={"image": "photo of it"}, tasks=["what"], options=options)
    assert [task.question for task in found.tasks] == ["What is it?"]


def test_a_table_is_read_whole_and_an_iterator_is_not():
    assert not isinstance(source_of(FRAME), Stream)
    assert isinstance(source_of(iter([])), Stream)
    assert source_of(TEN) is TEN


@pytest.mark.parametrize(
    ("cases", "options", "said"),
    [
        (TEN, {"tasks": ["dx"]}, "a SourceData is read already"),
        (iter([{}]), {"vectors": np.eye(3)}, "an iterator takes vectors as a column"),
        (iter([{}]), {"options": SourceOptions(questions={"a": "b"})}, "an iterator takes no questions"),
    ],
)
def test_options_that_cannot_be_met_are_refused(cases, options, said):
    with pytest.raises(SourceError, match=said):
        source_of(cases, **options)


def test_doubts_about_patients_and_labels_are_one_line_each(tmp_path):
    images = [shade(number * 30) for number in range(4)]
    frame = [
        {"id": str(number), "image": image, "patient_id": patient, "dx": label, "split": "train"}
        for number, (image, patient, label) in enumerate(
            zip(images, ["007", "7", "P1", "p1"], ["nevus", 3, ["nevus"], "nevus"], strict=True)
        )
    ]
    problems = CaseBase.create(tmp_path / "base").add(frame).problems
    said = {problem.where: problem.reason for problem in problems}
    assert said["groups"].startswith(
        "ids that differ only in case, white space or leading zeros: '007' = '7'; 'P1' = 'p1'; kept apart"
    )
    assert said["column 'dx'"].startswith("holds texts (2) and numbers (1) and lists (1); each is read as text")


def test_a_picture_that_cannot_be_read_is_named_once(tmp_path):
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    report = case_base.add([{"case_id": "a", "image": b"text", "dx": "x", "split": "train"}], tasks=["dx"])
    assert [(one.where, one.reason[:13]) for one in report.problems] == [("a", "not a picture")]
