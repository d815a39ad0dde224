"""A folder of pictures, classified: every file has its row, and the answers are those of each picture alone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from dermtools.errors import ImageError, QueryError
from dermtools.methods import method
from dermtools.methods.folder import COLUMNS, UNREADABLE, classify_folder, pictures_of, write_answers
from dermtools.prediction import LocalMethod, Prediction, Query
from dermtools.retrieval import CaseBase


@pytest.fixture
def photos(tmp_path: Path, case_base: CaseBase) -> Path:
    """Pictures of four cases at two depths, a copy of one of them, a text that is called a picture, and a note."""
    folder = tmp_path / "photos"
    (folder / "later").mkdir(parents=True)
    ids = case_base.columns.case_ids
    for name, case_id in (("a.jpg", ids[0]), ("b.jpg", ids[4]), ("later/c.jpg", ids[9]), ("later/=d.jpg", ids[14])):
        (folder / name).write_bytes(case_base.jpeg(case_id))
    shutil.copy(folder / "a.jpg", folder / "z.jpg")
    (folder / "later" / "bad.png").write_text("no picture")
    (folder / "notes.txt").write_text("not asked about")
    return folder


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_each_answer_is_that_of_the_picture_alone(case_base: CaseBase, photos: Path, batch_size: int) -> None:
    vote = method("knn-vote-5", case_base, "location")
    answers = classify_folder(case_base, vote, photos, batch_size=batch_size)
    assert [answer.file for answer in answers] == [
        "a.jpg",
        "b.jpg",
        "later/=d.jpg",
        "later/bad.png",
        "later/c.jpg",
        "z.jpg",
    ]
    for answer in answers:
        if answer.file == "later/bad.png":
            assert answer.prediction is None
            assert answer.problem.startswith("not a picture that can be read")
        else:
            assert answer.prediction == vote.predict(case_base.query(photos / answer.file))


def test_the_table_reads_back_and_runs_nothing(case_base: CaseBase, photos: Path, tmp_path: Path) -> None:
    answers = classify_folder(case_base, method("knn-vote-5", case_base, "location"), photos)
    write_answers(answers, tmp_path / "new" / "out.csv")
    with (tmp_path / "new" / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    by_file = {row["file"]: row for row in rows}
    assert by_file["later/bad.png"]["outcome"] == UNREADABLE
    for answer in answers:
        if (said := answer.prediction) is not None:
            row = by_file[answer.file]
            assert (row["label"], row["outcome"]) == (said.label, "ok")
            assert json.loads(row["probabilities"]) == said.probabilities
            assert json.loads(row["exemplars"]) == [one.case_id for one in said.exemplars]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are always texts here")
def test_a_name_that_is_no_text_has_its_row(case_base: CaseBase, photos: Path, tmp_path: Path) -> None:
    (photos / "a.jpg").rename(photos / os.fsdecode(b"caf\xe9.jpg"))
    (photos / "later" / "bad.png").rename(photos / "later" / os.fsdecode(b"\xff.png"))
    answers = classify_folder(case_base, method("knn-vote-5", case_base, "location"), photos)
    write_answers(answers, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row["outcome"] for row in csv.DictReader(file)}
    assert (rows["caf\\xe9.jpg"], rows["later/\\xff.png"]) == ("ok", UNREADABLE)
    assert len(rows) == 6


def test_a_method_that_asks_a_service_is_refused(case_base: CaseBase, photos: Path) -> None:
    class Remote(LocalMethod):
        name, task, remote = "remote", "location", True

        def predict(self, query: Query) -> Prediction:
            raise AssertionError("nothing is asked")

    with pytest.raises(QueryError, match="dermtools evaluate"):
        classify_folder(case_base, Remote(), photos)


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no picture below"):
        pictures_of(tmp_path)
