"""Promises of `dermtools.cases.sources.woundcarevqa`."""

from __future__ import annotations

import json

import pytest

from dermtools.cases.sources import SourceOptions, load_source
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
