from __future__ import annotations

import numpy as np
import pytest

from dermtools.evaluation.scoring import Scored, Target, targets
from dermtools.evaluation.statistics.nearness import (
    accuracy_by_distance,
    near_duplicates,
    nearest_cases,
    nearness,
    recall_at,
)
from dermtools.prediction import Exemplar, Prediction


@pytest.fixture
def asked(sample_base):
    columns = sample_base.columns
    cases = [columns.case(row) for row, split in enumerate(columns.splits) if split == "test"]
    return targets(cases, "location")


def test_nearest_cases_are_training_cases_of_other_groups_one_a_group(sample_base, asked):
    for target in asked:
        found = nearest_cases(sample_base, "location", [target.case_id])[target.case_id]
        groups = [exemplar.group_id for exemplar in found]
        assert len(set(groups)) == len(groups)
        assert target.group_id not in groups
        assert {sample_base.case(exemplar.case_id).split for exemplar in found} == {"train"}
        assert [e.distance for e in found] == sorted(e.distance for e in found)


def test_recall_counts_cases_whose_true_label_is_shown_and_grows_with_k():
    held = [Target(name, name, (name,)) for name in "abc"]
    near = {
        name: tuple(Exemplar(case_id=x, group_id=x, labels=(x,), distance=1.0) for x in order)
        for name, order in {"a": "ab", "b": "ab", "c": "ab"}.items()
    }
    found = recall_at(held, near, (1, 2))
    assert {k: share for k, (share, _) in found.items()} == {1: pytest.approx(1 / 3), 2: pytest.approx(2 / 3)}
    assert all(interval.low < share < interval.high for share, interval in found.values())


def test_distance_bins_hold_equal_parts_of_the_cases_nearest_first():
    order = np.random.default_rng(1).permutation(40)
    held = tuple(Target(str(n), str(n), ("yes",)) for n in order)
    answers = tuple(Prediction(method="m", task="t", label="yes" if n < 10 else "no") for n in order)
    near = {str(n): (Exemplar(case_id="x", group_id="x", labels=("x",), distance=float(n)),) for n in order}
    bins = accuracy_by_distance(Scored("m", held, answers), near)
    assert [(entry.low, entry.high, entry.n, entry.right) for entry in bins] == [
        (0, 9, 10, 10),
        (10, 19, 10, 0),
        (20, 29, 10, 0),
        (30, 39, 10, 0),
    ]


def test_cases_without_a_neighbour_are_in_no_bin():
    held = (Target("a", "a", ("yes",)),)
    answers = (Prediction(method="m", task="t", label="yes"),)
    assert accuracy_by_distance(Scored("m", held, answers), {"a": ()}) == ()


def test_of_many_cases_a_sample_is_looked_at_and_its_size_told(sample_base, asked, monkeypatch):
    monkeypatch.setattr("dermtools.evaluation.statistics.nearness.SAMPLED", 4)
    answers = tuple(Prediction(method="m", task="location", label=target.truth[0]) for target in asked)
    found = nearness(sample_base, "location", asked, [Scored("m", tuple(asked), answers)])
    assert len(asked) > found.looked_at == 4
    assert sum(one.n for one in found.by_distance["m"]) == 4


def test_a_picture_that_stands_in_both_splits_is_found(tmp_path):
    from PIL import Image

    from dermtools.cases import Case, SourceCase, SourceData, Task
    from dermtools.images import encode_jpeg
    from dermtools.retrieval import CaseBase

    random = np.random.default_rng(0)
    pictures = [encode_jpeg(Image.fromarray(random.integers(0, 255, (64, 64, 3), dtype=np.uint8))) for _ in range(4)]
    pictures.append(pictures[0])
    cases = tuple(
        SourceCase(
            Case(case_id=f"c{n}", group_id=f"g{n}", split="test" if n == 4 else "train", labels={"t": ("a",)}), picture
        )
        for n, picture in enumerate(pictures)
    )
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    case_base.add(SourceData("drawn", (Task(name="t", question="?", labels=("a",)),), cases))
    assert near_duplicates(case_base, [Target("c4", "g4", ("a",))]) == (("c4", "c0"),)
