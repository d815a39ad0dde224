"""Promises of `dermtools.cases.sources.woundcarevqa`."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from dermtools.cases import Problem
from dermtools.cases.sources import SourceOptions, guess_kind, load_source
from dermtools.cases.sources.woundcarevqa import DICTIONARY
from dermtools.errors import SourceError


def entry(number, split="train", **fields):
    image = f"IMG_ENC000{number}_0001.jpg"
    return {"encounter_id": f"ENC000{number}", "split": split, "image_ids": [image], "infection": "infected"} | fields


def put(root, *entries, images=None):
    (root / "woundcarevqa.json").write_text(json.dumps(entries))
    for item in entries:
        for image in item["image_ids"]:
            path = root / (images or f"images_{item.get('split', 'train')}") / image
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"picture")
    return root


def test_an_encounter_gives_a_case_for_each_image_with_its_label_group_and_split(tmp_path):
    images = ["IMG_ENC0001_0001.jpg", "IMG_ENC0001_0002.jpg"]
    first = entry(1, image_ids=images, query_title_en="A cut", query_content_en="It hurts.", wound_type="traumatic")
    data = load_source(put(tmp_path, first, entry(2, split="test", infection="unclear")))
    assert data.cases[0].case.model_dump() == {
        "case_id": "IMG_ENC0001_0001",
        "group_id": "ENC0001",
        "split": "train",
        "labels": {"infection": ("infected",)},
        "attributes": {
            "encounter_id": "ENC0001",
            "n_images": 2,
            "title_en": "A cut",
            "content_en": "It hurts.",
            "wound_type": "traumatic",
        },
    }
    assert [item.case.split for item in data.cases] == ["train", "train", "test"]
    assert data.problems == ()


def test_the_three_labels_are_the_closed_set_even_where_some_are_absent(tmp_path):
    data = load_source(put(tmp_path, entry(1)))
    assert [(task.name, task.labels) for task in data.tasks] == [("infection", ("infected", "not_infected", "unclear"))]


def test_labels_may_be_a_list(tmp_path):
    data = load_source(put(tmp_path, entry(1, infection=["infected"], anatomic_locations=["hand", "arm"])))
    assert data.cases[0].case.labels == {"infection": ("infected",)}
    assert data.cases[0].case.attributes["anatomic_locations"] == "hand|arm"


def test_an_entry_without_an_encounter_id_takes_that_of_its_image_names(tmp_path):
    first, second = entry(1), entry(2, image_ids=["wound.jpg"])
    del first["encounter_id"], second["encounter_id"]
    data = load_source(put(tmp_path, first, second))
    assert [item.case.group_id for item in data.cases] == ["ENC0001", "case:wound"]


def test_images_of_all_splits_may_lie_in_one_folder(tmp_path):
    data = load_source(put(tmp_path, entry(1), entry(2, split="valid"), images="images_final"))
    assert len(data.cases) == 2


def test_splits_are_made_where_an_entry_names_none(tmp_path):
    entries = [entry(number) for number in range(1, 8)]
    del entries[0]["split"]
    assert all(item.case.split for item in load_source(put(tmp_path, *entries)).cases)


def test_other_annotated_fields_become_tasks_when_named(tmp_path):
    path = put(tmp_path, entry(1, wound_type="burn"), entry(2, wound_type="surgical"))
    data = load_source(path, options=SourceOptions(tasks=("wound_type",)))
    assert [(task.name, task.labels) for task in data.tasks] == [("wound_type", ("burn", "surgical"))]
    assert data.cases[0].case.attributes["infection"] == "infected"
    with pytest.raises(SourceError, match="no task 'location'"):
        load_source(path, options=SourceOptions(tasks=("location",)))


def test_what_does_not_fit_is_reported_and_the_rest_goes_on(tmp_path):
    path = put(
        tmp_path, entry(1), entry(2, infection="septic"), entry(3, split="holdout"), entry(4, image_ids=[]), entry(1)
    )
    data = load_source(path)
    assert [item.case.group_id for item in data.cases] == ["ENC0001", "ENC0002"]
    assert data.cases[1].case.labels == {}
    assert [problem.where for problem in data.problems] == [
        "woundcarevqa.json entry 2",
        "woundcarevqa.json entry 3",
        "woundcarevqa.json entry 4",
        "IMG_ENC0001_0001",
    ]


def test_labels_beyond_the_dictionary_are_kept_and_named(tmp_path):
    images = ["IMG_ENC0001_0001.jpg", "IMG_ENC0001_0002.jpg"]
    path = put(tmp_path, entry(1, image_ids=images, anatomic_locations=["sole", "heel"]), entry(2))
    data = load_source(path, options=SourceOptions(tasks=("anatomic_locations",)))
    assert data.cases[0].case.labels == {"anatomic_locations": ("sole", "heel")}
    assert data.problems == (
        Problem("anatomic_locations", "label 'sole' is not in the set's dictionary; kept, 2 pictures"),
    )


def test_the_dictionary_here_is_the_published_one(shared):
    text = (shared / "data/woundcarevqa/dataset-full-original/data_dictionary.txt").read_text(encoding="utf-8")
    published: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("#") and line[1:].strip() in DICTIONARY:
            labels = published[line[1:].strip()] = set()
        elif line.strip() and not line.startswith("#"):
            labels.add(line.split("\t")[0].strip())
    assert {field: set(labels) for field, labels in DICTIONARY.items()} == published


def challenge(root):
    """The folder of the challenge release, with its pictures as its three archives unpack."""
    folder = root / "dataset-challenge-mediqa-2025-wv"
    folder.mkdir()
    for number, split in enumerate(("train", "valid", "test"), start=1):
        item = entry(number, split=split, wound_type="traumatic")
        (folder / f"{split}.json").write_text(json.dumps([item]))
        (folder / f"{split}_inputonly.json").write_text(json.dumps([{"encounter_id": item["encounter_id"]}]))
        (folder / f"images_{split}").mkdir()
        (folder / f"images_{split}" / item["image_ids"][0]).write_bytes(b"picture")
    return folder


@pytest.mark.parametrize("below", [True, False], ids=["its folder", "the published root"])
def test_the_challenge_release_is_read_file_by_file(tmp_path, below):
    folder = challenge(tmp_path)
    root = folder if below else tmp_path
    assert guess_kind(root) == "woundcarevqa"
    data = load_source(root)
    assert [item.case.split for item in data.cases] == ["train", "valid", "test"]
    assert data.problems == ()
    assert "train.json" in data.told[0]
    assert data.told[1].startswith("labels that could be tasks, too: --task anatomic_locations --task wound_type")
    (folder / "test.json").unlink()
    left = load_source(root)
    assert [item.case.split for item in left.cases] == ["train", "valid"]
    assert "no test.json: those splits are left out" in left.told


def test_a_train_json_of_another_set_is_not_taken_for_it(tmp_path):
    (tmp_path / "train.json").write_text('[{"image": "a.jpg"}]')
    assert guess_kind(tmp_path) == "folder"


@pytest.mark.parametrize("layout", ["", "dataset-full-original", "dataset-challenge-mediqa-2025-wv"])
def test_the_real_files_give_their_documented_counts_without_pictures(shared, layout):
    """As SOURCE.md and the set's own README count them."""
    options = SourceOptions(without_pictures=True, tasks=("anatomic_locations",))
    data = load_source(shared / "data/woundcarevqa" / layout, options=options)
    assert all(item.image is None for item in data.cases)
    encounters = {(item.case.split, item.case.group_id) for item in data.cases}
    assert Counter(split for split, _ in encounters) == {"train": 279, "valid": 105, "test": 93}
    assert Counter(item.case.split for item in data.cases) == {"train": 449, "valid": 147, "test": 152}
    assert [problem.reason for problem in data.problems] == [
        "label 'head' is not in the set's dictionary; kept, 2 pictures",
        "label 'sole' is not in the set's dictionary; kept, 7 pictures",
    ]
    assert str(data.licence).startswith("CC BY-NC 4.0")
    with pytest.raises(SourceError, match="no picture below this folder"):
        load_source(shared / "data/woundcarevqa" / layout)
