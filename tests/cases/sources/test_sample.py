from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import SourceData
from dermtools.cases.sources.sample.lesions import LESIONS
from dermtools.cases.sources.sample.load import load_sample
from dermtools.cases.sources.sample.sites import SITES
from dermtools.errors import SourceError
from dermtools.images import content_hash, open_image


@pytest.fixture(scope="module")
def sample() -> SourceData:
    return load_sample()


def pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), dtype=float)


def test_it_is_deterministic_and_a_seed_makes_another_one():
    few = load_sample(patients=3)
    assert few == load_sample(patients=3)
    assert [case.image for case in few.cases] != [case.image for case in load_sample(patients=3, seed=1).cases]


def test_every_patient_has_several_pictures_of_one_morphology_on_one_or_two_sites(sample: SourceData):
    of_patient = defaultdict(list)
    for item in sample.cases:
        of_patient[item.case.group_id].append(item.case)
    assert len(of_patient) == 60
    for cases in of_patient.values():
        assert 2 <= len(cases) <= 5
        assert len({case.labels["diagnosis"] for case in cases}) == 1
        assert len({case.labels["location"] for case in cases}) <= 2
        for name in ("age", "sex", "fitzpatrick"):
            assert len({case.attributes[name] for case in cases}) == 1


def test_case_ids_are_unique_and_name_their_patient(sample: SourceData):
    ids = [item.case.case_id for item in sample.cases]
    assert len(set(ids)) == len(ids)
    assert "drawn_p03_2" in ids
    assert all(item.case.case_id.startswith(item.case.group_id + "_") for item in sample.cases)


def test_every_split_shows_every_site_and_morphology(sample: SourceData):
    for split in ("train", "valid", "test"):
        cases = [item.case for item in sample.cases if item.case.split == split]
        assert {case.labels["location"][0] for case in cases} == set(SITES)
        assert {case.labels["diagnosis"][0] for case in cases} == set(LESIONS)


def test_a_group_has_one_split(sample: SourceData):
    splits = defaultdict(set)
    for item in sample.cases:
        splits[item.case.group_id].add(item.case.split)
    assert all(len(found) == 1 for found in splits.values())
    assert set.union(*splits.values()) == {"train", "valid", "test"}


def test_the_tasks_name_the_closed_label_sets(sample: SourceData):
    labels = {task.name: task.labels for task in sample.tasks}
    assert labels == {"location": tuple(sorted(SITES)), "diagnosis": tuple(sorted(LESIONS))}


def test_sites_tones_ages_and_sexes_are_varied(sample: SourceData):
    cases = [item.case for item in sample.cases]
    assert {case.attributes["fitzpatrick"] for case in cases} == {1, 2, 3, 4, 5, 6}
    assert {case.attributes["sex"] for case in cases} == {"female", "male"}
    assert max(case.attributes["age"] for case in cases) - min(case.attributes["age"] for case in cases) > 50
    assert min(Counter(case.labels["location"][0] for case in cases).values()) >= 5
    assert min(Counter(case.labels["diagnosis"][0] for case in cases).values()) >= 10


def test_darker_skin_is_drawn_darker(sample: SourceData):
    brightness = defaultdict(list)
    for item in sample.cases:
        if item.case.labels["location"] == ("forearm",):
            brightness[item.case.attributes["fitzpatrick"]].append(pixels(item.image)[150:230, 150:230].mean())
    means = [np.mean(brightness[tone]) for tone in sorted(brightness)]
    assert len(means) >= 4
    assert means == sorted(means, reverse=True)


def test_every_picture_opens_and_none_is_twice(sample: SourceData):
    assert len({content_hash(item.image) for item in sample.cases}) == len(sample.cases)
    for item in sample.cases:
        assert open_image(item.image).size == (384, 384)
        assert len(item.image) < 60_000


def test_it_says_everywhere_that_it_is_drawn(sample: SourceData):
    assert "drawn" in sample.name
    assert any("not photographs" in note for note in sample.notes)
    assert all(item.case.attributes["origin"] == "drawn" for item in sample.cases)
    assert all(item.case.case_id.startswith("drawn_") for item in sample.cases)


def test_the_mark_is_in_the_corner_of_every_picture_and_legible(sample: SourceData):
    corners = np.stack([pixels(item.image)[365:378, 328:378].mean(axis=-1) for item in sample.cases])
    typical = np.median(corners, axis=0)
    assert typical.min() < 60
    assert typical.max() > 200
    for corner in corners:
        assert np.corrcoef(corner.ravel(), typical.ravel())[0, 1] > 0.97


def hit_rate_and_chance(
    sample: SourceData, task: str, look: Callable[[Image.Image], np.ndarray]
) -> tuple[float, float]:
    """How often the nearest picture of another patient has the same label, and how often a random one has."""
    vectors = np.array([look(Image.open(io.BytesIO(item.image))).ravel() for item in sample.cases])
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    groups = np.array([item.case.group_id for item in sample.cases])
    labels = np.array([item.case.labels[task][0] for item in sample.cases])
    distances[groups[:, None] == groups[None]] = np.inf
    shares = np.array(list(Counter(labels).values())) / len(labels)
    return float((labels[distances.argmin(axis=1)] == labels).mean()), float((shares**2).sum())


def test_a_plain_look_at_form_finds_the_same_site_more_often_than_chance(sample: SourceData):
    def form(image: Image.Image) -> np.ndarray:
        small = np.asarray(image.resize((12, 12), Image.Resampling.BOX), dtype=float)
        return (small - small.mean((0, 1))) / small.std()

    hits, chance = hit_rate_and_chance(sample, "location", form)
    assert hits > 3 * chance


def test_a_plain_look_at_colour_beside_that_of_the_skin_finds_the_same_morphology_more_often_than_chance(
    sample: SourceData,
):
    def colour(image: Image.Image) -> np.ndarray:
        middle = image.crop((64, 64, 320, 320)).resize((96, 96), Image.Resampling.BOX)
        logs = np.log(np.asarray(middle, dtype=float).reshape(-1, 3) + 8)
        logs -= np.median(logs, axis=0)
        bins = (np.linspace(-1.6, 0.8, 13), np.linspace(-0.4, 1, 9))
        return np.sqrt(np.histogram2d(logs.mean(axis=1), logs[:, 0] - logs[:, 1], bins=bins)[0])

    hits, chance = hit_rate_and_chance(sample, "diagnosis", colour)
    assert hits > 2 * chance


@pytest.mark.parametrize("options", [{"patients": 0}, {"seed": -1}])
def test_senseless_options_are_refused(options: dict[str, int]):
    with pytest.raises(SourceError, match="patients >= 1 and seed >= 0"):
        load_sample(**options)
