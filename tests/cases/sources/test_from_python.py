"""What a program holds becomes the cases that the same data make as a file."""

from __future__ import annotations

import io

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from dermtools.cases import Case, SourceOptions, load_source
from dermtools.cases.case import Problem, SourceCase
from dermtools.cases.sources.from_python import kind_of, load_python, streamed
from dermtools.errors import ImageError, SourceError
from dermtools.images import open_image

COLUMNS = {
    "case_id": ["007", "7", "a", "b"],
    "Patient": ["p1", "p1", "P2", None],
    "dx": ["nevus", "melanoma|nevus", "nevus", None],
    "split": ["train", "val", "test", "train"],
    "age": [30, 41, None, 52],
}
PIXELS = [np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8) for seed in range(4)]


def png(pixels):
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    return encoded.getvalue()


def with_pictures(pictures):
    return {**COLUMNS, "image": pictures}


def records(pictures):
    return [dict(zip([*COLUMNS, "image"], row, strict=True)) for row in zip(*COLUMNS.values(), pictures, strict=True)]


def pixels_of(item):
    return np.asarray(open_image(item.picture))


@pytest.fixture(scope="module")
def from_file(tmp_path_factory):
    """The same table as a Parquet file."""
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    pd.DataFrame(with_pictures([png(pixels) for pixels in PIXELS])).to_parquet(path)
    return load_source(path, options=SourceOptions(attributes=("age",)))


ENCODED = [png(pixels) for pixels in PIXELS]
OPEN = [Image.fromarray(pixels) for pixels in PIXELS]
FRAMES = {
    "pandas, bytes": lambda: pd.DataFrame(with_pictures(ENCODED)),
    "pandas, Pillow": lambda: pd.DataFrame(with_pictures(OPEN)),
    "pandas, arrays": lambda: pd.DataFrame(with_pictures(PIXELS)),
    "polars, bytes": lambda: pl.DataFrame(with_pictures(ENCODED)),
    "polars, Pillow": lambda: pl.DataFrame(with_pictures(pl.Series(OPEN, dtype=pl.Object))),
    "pyarrow": lambda: pa.table(with_pictures(ENCODED)),
    "dicts": lambda: records(OPEN),
    "a Dataset": lambda: datasets.Dataset.from_dict(with_pictures(OPEN)),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_every_kind_of_table_gives_what_its_file_gives(make, from_file):
    found = load_python(make(), SourceOptions(attributes=("age",)))
    assert found.tasks == from_file.tasks
    assert [item.case for item in found.cases] == [item.case for item in from_file.cases]
    assert all(np.array_equal(pixels_of(item), pixels) for item, pixels in zip(found.cases, PIXELS, strict=True))
    assert found.kept == ("age",)


def test_a_missing_number_of_pandas_is_unknown_and_007_is_not_7():
    found = load_python(pd.DataFrame(with_pictures(ENCODED)), SourceOptions(attributes="all"))
    assert [item.case.attributes for item in found.cases] == [{"age": 30.0}, {"age": 41.0}, {}, {"age": 52.0}]
    assert [item.case.case_id for item in found.cases] == ["007", "7", "a", "b"]


def test_paths_are_taken_from_the_folders_of_the_option_images(tmp_path):
    for number, encoded in enumerate(ENCODED):
        (tmp_path / f"{number}.png").write_bytes(encoded)
    frame = pd.DataFrame(with_pictures(["0.png", tmp_path / "1.png", "2.png", "gone.png"]))
    found = load_python(frame, SourceOptions(images=tmp_path))
    assert [item.image.name for item in found.cases] == ["0.png", "1.png", "2.png"]
    assert found.problems[0].where == "pandas DataFrame row 3"
    assert "no such file" in found.problems[0].reason


def test_the_splits_of_a_dataset_dict_are_the_splits_of_its_cases():
    plain = {"image": OPEN, "label": [0, 1, 1, 0], "id": ["a", "b", "c", "d"]}
    whole = datasets.Dataset.from_dict(plain)
    whole = whole.cast_column("label", datasets.ClassLabel(names=["mel", "nv"]))
    found = load_python(datasets.DatasetDict(train=whole.select([0, 1, 2]), test=whole.select([3])))
    assert [item.case.split for item in found.cases] == ["train", "train", "train", "test"]
    assert [item.case.labels["label"] for item in found.cases] == [("mel",), ("nv",), ("nv",), ("mel",)]
    assert np.array_equal(pixels_of(found.cases[3]), PIXELS[3])


def test_cases_with_their_pictures_are_taken_as_they_are(tmp_path):
    (tmp_path / "a.png").write_bytes(ENCODED[0])
    case = Case(case_id="a", group_id="p", split="test", labels={"dx": ("nevus",)}, attributes={"age": 3})
    second, third = (case.model_copy(update={"case_id": one, "labels": {"dx": ("mel",)}}) for one in "bc")
    found = load_python([(case, tmp_path / "a.png"), (second, OPEN[1]), SourceCase(third, ENCODED[2]), (case, OPEN[1])])
    assert [item.case.case_id for item in found.cases] == ["a", "b", "c"]
    assert found.tasks[0].labels == ("mel", "nevus")
    assert all(np.array_equal(pixels_of(item), pixels) for item, pixels in zip(found.cases, PIXELS, strict=False))
    assert found.problems == (Problem("list row 3", "case id 'a' is taken by an earlier row"),)
    assert found.kept == ()


def test_records_of_an_iterator_come_in_parts_that_are_read_as_one_table():
    many = ({"id": str(number), "image": PIXELS[number % 4], "label": "ab"[number % 2]} for number in range(150))
    found = list(streamed(many, SourceOptions(), "photos"))
    assert [item.case.case_id for item in found] == [str(number) for number in range(150)]
    assert [item.case.labels["label"] for item in found[:2]] == [("a",), ("b",)]
    late = ({"id": str(number), "image": "x" if number == 100 else PIXELS[0]} for number in range(101))
    problems = [one for one in streamed(late, SourceOptions(), "photos") if isinstance(one, Problem)]
    assert [problem.where for problem in problems] == ["photos row 100"]


def test_what_is_wrong_with_an_item_of_an_iterator_is_said_with_its_place():
    case = Case(case_id="a", group_id="p")
    found = list(streamed(iter([(case, OPEN[0]), "nonsense"]), SourceOptions(), "mine"))
    assert found[1] == Problem("mine row 1", "is a str, not a Case or (Case, picture)")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (3, "a int is no set of cases; give a pandas or polars DataFrame"),
        ([], "list has no row"),
        (["a"], "list row 0 is a str, not a dict"),
        ([{"a": 1}], "map one to 'image' (--column image=NAME); the columns are a"),
        (pl.DataFrame({"image": []}), "polars DataFrame has no row"),
        (pd.DataFrame([[b"x", b"y"]], columns=["image", "image"]), "column 'image' is there more than once"),
    ],
    ids=str,
)
def test_what_no_cases_can_be_read_from_is_one_line(data, said):
    with pytest.raises(SourceError) as caught:
        load_python(data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_options_that_mean_nothing_to_cases_are_refused():
    with pytest.raises(SourceError, match="'columns' does not apply to a list of cases source"):
        load_python([Case(case_id="a", group_id="p")], SourceOptions(columns={"image": "x"}))
    with pytest.raises(SourceError, match=r"\Agenerator is empty"):
        list(streamed((one for one in ()), SourceOptions(), "generator"))


def test_a_name_is_that_of_the_library_and_class():
    assert [kind_of(one) for one in ([], pd.DataFrame(), pa.table({}))] == ["list", "pandas DataFrame", "pyarrow Table"]


def test_a_picture_of_another_kind_is_one_line_when_it_is_needed():
    found = load_python([{"id": "a", "image": np.zeros((3, 8, 8), np.float32)}, {"id": "b", "image": OPEN[0]}])
    with pytest.raises(ImageError) as caught:
        _ = found.cases[0].picture
    said = "list row 0: column 'image' is an array of float32, shape (3, 8, 8), no picture; give uint8 from 0 to 255"
    assert str(caught.value).startswith(said)
