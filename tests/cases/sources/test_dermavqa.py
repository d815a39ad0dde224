"""Promises of `dermtools.cases.sources.dermavqa`, on the real text and labels with stand-in images."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict

import pytest
from PIL import Image

from dermtools.cases.sources import SourceOptions, load_source
from dermtools.cases.sources.dermavqa import SPLIT_FILES
from dermtools.errors import SourceError

ENCOUNTERS_PER_LABEL = {
    "unidentifiable": 195, "lowerleg": 140, "back": 80, "fingers": 77, "forearm": 77, "hand-back": 74, "abdomen": 66,
    "arm": 63, "chest": 58, "thigh": 57, "foot": 55, "palm": 52, "neck": 48, "face": 38, "foot-sole": 38, "hand": 33,
    "knee": 28, "scalp": 28, "toes": 27, "lowerback": 24, "fingernail": 24, "elbow": 19, "ear": 16, "lips": 16,
    "heel": 15, "armpit": 15, "shoulder": 13, "toenail": 13, "forehead": 12, "fingers-interdigital": 11,
    "napeofneck": 10, "chin": 9, "eyeregion": 7, "mouth": 6, "groin": 6, "nose": 5, "backofhead": 5,
    "toes-interdigital": 4, "tongue": 3,
}  # fmt: skip

TABLE_HEADER = "encounter_id,author_role,anatomic_locations,split,sex,age,age_norm\n"


@pytest.fixture(scope="module")
def text(shared):
    folder = shared / "data" / "dermavqa-iiyi"
    if not folder.is_dir():
        pytest.skip(f"no DermaVQA text at {folder}")
    return folder


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "stand-in.jpg"
    Image.new("RGB", (8, 8), (200, 150, 120)).save(path)
    return path


@pytest.fixture(scope="module")
def published(text, jpeg, tmp_path_factory):
    """The data set as published: the real files, and a stand-in for every image."""
    root = tmp_path_factory.mktemp("dermavqa") / "iiyi"
    shutil.copytree(text, root)
    for split, names in SPLIT_FILES.items():
        folder = root / f"images_{split}"
        folder.mkdir()
        for encounter in json.loads((root / names[-1]).read_text()):
            for image in encounter["image_ids"]:
                os.link(jpeg, folder / image)
    return root


@pytest.fixture(scope="module")
def data(published):
    return load_source(published)


def row(encounter, labels, split):
    return f"{encounter},doctor,{labels},{split},F,5天,0.5\n"


@pytest.fixture
def small(tmp_path, jpeg):
    """A small folder of the same files: ENC1 with two images in train, ENC2 with one in test."""
    encounters = {
        "train.json": ("ENC1", ["I_1_1.jpg", "I_1_2.png"]),
        "valid_ht.json": None,
        "test_ht.json": ("ENC2", ["I_2_1.jpg"]),
    }
    for name, content in encounters.items():
        entries = (
            [] if content is None else [{"encounter_id": content[0], "image_ids": content[1], "query_title_en": "t"}]
        )
        (tmp_path / name).write_text(json.dumps(entries))
    (tmp_path / "instanceid2encounterid.json").write_text('{"ENC1": 11, "ENC2": 22}')
    (tmp_path / "df_mediqa-m3g-final.csv").write_text(
        TABLE_HEADER + row(11, "arm|back", "train") + row(22, "chin", "test")
    )
    for name in ("images_train/I_1_1.jpg", "images_train/I_1_2.png", "images_test/I_2_1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        os.link(jpeg, tmp_path / name)
    return tmp_path


def by_id(data):
    return {item.case.case_id: item for item in data.cases}


def test_encounters_and_images_of_each_split_are_as_published(data):
    images = Counter(item.case.split for item in data.cases)
    encounters = defaultdict(set)
    for item in data.cases:
        encounters[item.case.split].add(item.case.group_id)
    assert images == {"train": 2473, "valid": 157, "test": 314}
    assert {split: len(ids) for split, ids in encounters.items()} == {"train": 842, "valid": 56, "test": 100}
    assert {split: (min(ids), max(ids)) for split, ids in encounters.items()} == {
        "train": ("ENC00001", "ENC00851"),
        "valid": ("ENC00852", "ENC00907"),
        "test": ("ENC00908", "ENC01007"),
    }
    assert data.problems == ()


def test_images_per_encounter_are_as_published(data):
    per_encounter = Counter(item.case.group_id for item in data.cases)
    assert Counter(min(count, 4) for count in per_encounter.values()) == {1: 225, 2: 285, 3: 200, 4: 288}
    assert all(item.case.attributes["n_images"] == per_encounter[item.case.group_id] for item in data.cases)


def test_image_extensions_are_as_published(data):
    assert Counter(item.image.suffix for item in data.cases) == {".jpg": 2938, ".png": 5, ".jpeg": 1}


def test_the_39_labels_have_their_published_encounter_counts(data):
    labels = {item.case.group_id: item.case.labels["location"] for item in data.cases}
    assert Counter(label for found in labels.values() for label in found) == ENCOUNTERS_PER_LABEL
    assert data.tasks[0].labels == tuple(sorted(ENCOUNTERS_PER_LABEL))
    assert [task.name for task in data.tasks] == ["location"]


def test_single_label_encounters_of_each_split_are_as_published(data):
    single = {(item.case.group_id, item.case.split) for item in data.cases if len(item.case.labels["location"]) == 1}
    assert Counter(split for _, split in single) == {"train": 570, "valid": 35, "test": 69}
    assert max(len(item.case.labels["location"]) for item in data.cases) == 6


def test_sex_and_age_of_encounters_are_as_published(data):
    attributes = {item.case.group_id: item.case.attributes for item in data.cases}.values()
    assert Counter(found.get("sex") for found in attributes) == {"M": 239, "F": 218, None: 541}
    ages = [found["age"] for found in attributes if "age" in found]
    assert (len(ages), round(min(ages), 2), max(ages)) == (398, 0.08, 92)
    assert sum(ages) / len(ages) == pytest.approx(31, abs=0.5)
    assert Counter(found["author_role"] for found in attributes) == {"doctor": 609, "patient": 389}


def test_the_question_comes_along_in_english_without_empty_texts(data):
    first = by_id(data)["IMG_ENC00001_00001"].case
    assert first.attributes["encounter_id"] == "ENC00001"
    assert first.attributes["title_en"] == "Pleural effusion accompanied by rash"
    assert len({item.case.group_id for item in data.cases if "content_en" not in item.case.attributes}) == 3


def test_notes_say_which_test_file_was_read_and_which_encounters_are_missing(data):
    assert "split test is read from test_ht_spanishtestsetcorrected.json" in data.notes
    surplus = next(note for note in data.notes if "split2encounterids.json" in note)
    assert surplus.startswith("9 encounters")
    assert surplus.endswith(", ".join(f"ENC00{number}" for number in (186, 308, 343, 378, 384, 531, 638, 649, 684)))


@pytest.mark.parametrize(
    "layout", ["images_final/images_{split}", "images_final/images_final/images_{split}", "images"]
)
def test_images_are_found_in_every_known_layout(small, layout):
    for split in ("train", "test"):
        target = small / layout.format(split=split)
        target.mkdir(parents=True, exist_ok=True)
        for path in (small / f"images_{split}").iterdir():
            path.rename(target / path.name)
        (small / f"images_{split}").rmdir()
    data = load_source(small)
    assert (len(data.cases), data.problems) == (3, ())


def test_images_may_lie_in_another_folder(small, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for split in ("train", "test"):
        shutil.move(small / f"images_{split}", elsewhere)
    with pytest.raises(SourceError, match="option 'images'"):
        load_source(small)
    assert len(load_source(small, options=SourceOptions(images=elsewhere)).cases) == 3


def test_an_image_with_another_extension_or_case_is_found(small):
    (small / "images_train/I_1_1.jpg").rename(small / "images_train/i_1_1.PNG")
    assert by_id(load_source(small))["I_1_1"].image.name == "i_1_1.PNG"


def test_of_two_files_the_one_with_the_very_name_in_the_folder_of_its_split_is_taken(small, jpeg):
    (small / "copies").mkdir()
    os.link(jpeg, small / "copies/I_1_1.jpg")
    os.link(jpeg, small / "images_train/I_1_1.png")
    assert by_id(load_source(small))["I_1_1"].image == small / "images_train/I_1_1.jpg"


def test_a_missing_image_is_a_problem_and_the_rest_goes_on(small):
    (small / "images_train/I_1_1.jpg").unlink()
    data = load_source(small)
    assert set(by_id(data)) == {"I_1_2", "I_2_1"}
    assert [(problem.where, problem.reason) for problem in data.problems] == [("I_1_1", "no such picture: I_1_1.jpg")]


def test_an_encounter_without_a_row_is_kept_without_a_label_and_reported(small):
    (small / "instanceid2encounterid.json").write_text('{"ENC1": 11}')
    data = load_source(small)
    assert by_id(data)["I_2_1"].case.labels == {}
    assert [problem.where for problem in data.problems] == ["ENC2"]


def test_labels_outside_the_closed_set_and_contradicting_splits_are_reported(small):
    table = small / "df_mediqa-m3g-final.csv"
    table.write_text(table.read_text().replace("arm|back,train", "arm|tail,test"))
    data = load_source(small)
    assert by_id(data)["I_1_1"].case.labels == {"location": ("arm",)}
    assert by_id(data)["I_1_1"].case.split == "train"
    assert ["'tail'" in problem.reason for problem in data.problems] == [True, False]
    assert "says split 'test'" in data.problems[1].reason


def test_a_missing_split_file_leaves_that_split_out_with_a_note(small):
    (small / "test_ht.json").unlink()
    data = load_source(small)
    assert {item.case.split for item in data.cases} == {"train"}
    assert any("no test_ht.json" in note for note in data.notes)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.json", '{"a": 1}', "train.json: is a JSON dict, not a list"),
        ("train.json", "[1]", "train.json entry 1: is int"),
        ("train.json", '[{"encounter_id": "E", "image_ids": [3]}]', "train.json entry 1: 'image_ids'"),
        ("train.json", '[{"encounter_id": 7, "image_ids": []}]', "train.json entry 1: 'encounter_id' is int"),
        ("train.json", "[", "train.json: not readable as JSON"),
        ("instanceid2encounterid.json", "[]", "instanceid2encounterid.json: not a JSON object"),
        ("instanceid2encounterid.json", None, "instanceid2encounterid.json: cannot be read"),
        ("df_mediqa-m3g-final.csv", "encounter_id,split\n", "no column 'author_role'"),
        (
            "df_mediqa-m3g-final.csv",
            TABLE_HEADER + "11,doctor,arm,train,F,,old\n",
            "row 2: age_norm 'old' is no number",
        ),
        ("df_mediqa-m3g-final.csv", TABLE_HEADER + "11,doctor,arm,train,F,,nan\n", "age_norm 'nan' is not finite"),
        ("split2encounterids.json", '{"train": 3}', "split2encounterids.json: not a JSON object of lists"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_its_name_and_place(small, name, content, message):
    (small / name).unlink(missing_ok=True)
    if content is not None:
        (small / name).write_text(content)
    with pytest.raises(SourceError, match=message):
        load_source(small)


def test_a_task_that_it_does_not_have_is_refused(small):
    with pytest.raises(SourceError, match="it has location"):
        load_source(small, options=SourceOptions(tasks=("diagnosis",)))
