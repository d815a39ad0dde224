"""Data sets of Hugging Face's library, saved or in memory; pictures stay in their files."""

from __future__ import annotations

import datasets
import numpy as np
import pytest
from PIL import Image

from dermtools.cases import load_source
from dermtools.cases.sources.from_python import load_python
from dermtools.cases.sources.huggingface import is_dataset, is_saved, named_records, open_dataset
from dermtools.errors import SourceError
from dermtools.images import open_image

PIXELS = [np.full((8, 9, 3), 40 * number, np.uint8) for number in range(4)]


@pytest.fixture(scope="module")
def dataset():
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["mel", "nv"]), patient_id=datasets.Value("int64")
    )
    columns = {"image": [Image.fromarray(one) for one in PIXELS], "label": [0, 1, -1, 1], "patient_id": [1, 1, 2, 3]}
    return datasets.Dataset.from_dict(columns, features=features)


@pytest.fixture(scope="module")
def saved(dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hf") / "photos"
    dataset.save_to_disk(folder)
    return folder


def test_a_saved_dataset_is_known_by_its_folder(saved):
    found = load_source(saved)
    assert found.name == f"{saved.parent.name}/photos"
    assert [item.case.labels.get("label") for item in found.cases] == [("mel",), ("nv",), None, ("nv",)]
    assert [item.case.group_id for item in found.cases] == ["1", "1", "2", "3"]
    pictures = [np.asarray(open_image(item.picture)) for item in found.cases]
    assert np.array_equal(pictures, PIXELS)
    assert is_saved(saved)
    assert not is_saved(saved.parent)


def test_rows_that_were_chosen_and_shuffled_keep_their_pictures(dataset):
    chosen = dataset.select([3, 0, 1])
    found = load_python(chosen)
    assert np.array_equal(
        [np.asarray(open_image(item.picture)) for item in found.cases], [PIXELS[i] for i in (3, 0, 1)]
    )


def test_an_iterable_dataset_gives_the_names_of_classes(dataset):
    records = list(named_records(dataset.to_iterable_dataset()))
    assert [record["label"] for record in records] == ["mel", "nv", None, "nv"]
    assert is_dataset(dataset.to_iterable_dataset())
    assert not is_dataset({"a": 1})


def test_a_dataset_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(SourceError, match=r"\Ahf:[^\n]+ cannot be read as a data set \([^\n]+\Z"):
        open_dataset(str(tmp_path))
