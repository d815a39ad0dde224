"""Exports of real pictures, in every format, and other libraries that read them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dermtools.cases import SourceOptions, load_source
from dermtools.cases.exports import tables
from dermtools.cases.exports.record import To
from dermtools.errors import CaseBaseError
from dermtools.retrieval import CaseBase
from tests.support.mean_colour import MeanColour


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hugging Face's library, without a network and with its cache here."""
    library = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setattr(library.config, "HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return library


def test_load_dataset_reads_the_folder(
    datasets: Any, small_base: CaseBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SHARD", 5)  # several files a split
    small_base.attributes.show("age")
    small_base.export(tmp_path / "out", "hf", vectors=True)
    data = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in data.items()} == {"train": 12, "test": 6}
    assert data["train"].features["site"].feature.names == ["arm", "back", "face", "neck", "scalp"]
    names = data["train"].features["site"].feature.names
    for row in [*data["train"], *data["test"]]:
        case = small_base.case(row["case_id"])
        assert tuple(names[number] for number in row["site"]) == case.labels["site"]
        assert (row["group_id"], row["split"], row["age"]) == (case.group_id, case.split, case.attributes.get("age"))
        stored = Image.open(io.BytesIO(small_base.jpeg(row["case_id"])))
        assert np.array_equal(np.asarray(row["image"]), np.asarray(stored))
        at = small_base.columns.row_of[row["case_id"]]
        assert np.array_equal(np.float32(row["vector"]), small_base.vectors[at])


def test_a_case_base_is_a_data_set_that_is_kept_and_loaded(datasets: Any, small_base: CaseBase, tmp_path: Path) -> None:
    data = small_base.to_dataset(where="site = 'face'")
    data.save_to_disk(str(tmp_path / "kept"))
    again = datasets.load_from_disk(str(tmp_path / "kept"))
    wanted = [c for c in small_base.columns.case_ids if "face" in small_base.case(c).labels["site"]]
    assert sorted(case_id for split in again.values() for case_id in split["case_id"]) == wanted
    assert again["train"][0]["image"].size == (96, 96)


@pytest.mark.parametrize(("to", "pictures"), [("csv", False), ("parquet", True), ("hf", True)])
def test_a_case_base_that_went_out_and_came_in_is_the_same(
    to: To, pictures: bool, small_base: CaseBase, tmp_path: Path
) -> None:
    small_base.export(tmp_path / "out", to, attributes="all", vectors=True, pictures=pictures)
    again = CaseBase.create(tmp_path / "again", embedder="descriptor")
    report = again.add(tmp_path / "out", attributes="all")
    assert (report.added, report.embedded, report.problems) == (18, 0, ())
    assert again.tasks == small_base.tasks
    for case_id in small_base.columns.case_ids:
        assert again.case(case_id) == small_base.case(case_id)
        rows = [base.columns.row_of[case_id] for base in (again, small_base)]
        assert np.array_equal(again.vectors[rows[0]], small_base.vectors[rows[1]])
        assert bool(again.store.jpegs([case_id])[case_id]) == pictures


def test_vectors_of_another_embedder_are_not_taken(small_base: CaseBase, tmp_path: Path) -> None:
    small_base.export(tmp_path / "bare", vectors=True)
    small_base.export(tmp_path / "pictured", vectors=True, pictures=True)
    other = CaseBase.create(tmp_path / "other", embedder=MeanColour())
    with pytest.raises(CaseBaseError, match=r"were made by descriptor \(.* this case base has mean-colour"):
        other.add(tmp_path / "bare")
    report = other.add(tmp_path / "pictured")
    assert report.embedded == 18
    assert any("embedded anew" in note for note in report.notes)


@pytest.fixture(scope="module")
def made(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """The first 24 photographs of PAD-UFES-20, some without sex and skin type."""
    folder = tmp_path_factory.mktemp("photographs")
    with photographs.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    with (folder / "records.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows[:12], *rows[-12:]])
    attributes = ("age", "sex", "fitzpatrick")
    options = SourceOptions(images=photographs.parent, attributes=attributes)
    case_base = CaseBase.create(folder / "base", embedder="descriptor")
    case_base.add(load_source(folder / "records.csv", options=options))
    return case_base


def test_photographs_are_the_stored_bytes_below_their_diagnosis(
    made: CaseBase, photographs: Path, tmp_path: Path
) -> None:
    made.export(tmp_path / "out", "imagefolder", task="diagnosis")
    with photographs.open(encoding="utf-8", newline="") as file:
        truth = {row["image_id"]: row for row in csv.DictReader(file)}
    found = {path.stem: path for path in (tmp_path / "out").rglob("*.jpg")}
    assert found.keys() == set(made.columns.case_ids)
    for case_id, path in found.items():
        assert path.parent.name == truth[case_id]["diagnosis"]
        assert path.parent.parent.name == truth[case_id]["split"]
        assert path.read_bytes() == made.jpeg(case_id)
        with Image.open(path) as picture:
            assert not picture.getexif()
            assert max(picture.size) <= 256


def test_pandas_reads_what_the_source_says(made: CaseBase, photographs: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    made.export(tmp_path / "out", "csv", attributes="all")
    source = pandas.read_csv(photographs).set_index("image_id")
    table = pandas.read_csv(tmp_path / "out/cases.csv").set_index("case_id")
    names = ["group_id", "location", "diagnosis", "age", "sex", "fitzpatrick", "split"]
    pandas.testing.assert_frame_equal(
        table[names], source.loc[table.index, names], check_names=False, check_dtype=False
    )


def test_datasets_shows_the_same_photographs(datasets: Any, made: CaseBase, tmp_path: Path) -> None:
    made.export(tmp_path / "folders", "imagefolder", task="diagnosis")
    data = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "folders"), cache_dir=str(tmp_path / "cache"))
    tasks = {case_id: made.case(case_id) for case_id in made.columns.case_ids}
    counted = {name: sorted(split.features["label"].int2str(split["label"])) for name, split in data.items()}
    ours = {"train": "train", "valid": "validation", "test": "test"}
    expected = {
        theirs: sorted(case.labels["diagnosis"][0] for case in tasks.values() if case.split == split)
        for split, theirs in ours.items()
    }
    assert counted == {name: labels for name, labels in expected.items() if labels}
    assert all(np.asarray(row["image"]).ndim == 3 for split in data.values() for row in split)
