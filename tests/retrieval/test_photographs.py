"""Search and vote on real photographs with a real encoder."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases import SourceOptions, load_source
from dermtools.retrieval import CaseBase, KNNVote


@pytest.fixture(scope="module")
def case_base(photographs: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """All 677 photographs."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("photographs") / "base", embedder=f"onnx:{encoder}")
    report = case_base.add(load_source(str(photographs), options=SourceOptions(attributes=("age",))))
    assert report.added == 677
    return case_base


def naive(case_base: CaseBase, case_id: str, kept: np.ndarray, k: int) -> list[tuple[str, float]]:
    columns = case_base.columns
    row = columns.row_of[case_id]
    difference = case_base.vectors.astype(np.float64) - case_base.vectors[row].astype(np.float64)
    distances = np.sqrt((difference**2).sum(axis=1))
    left = [i for i in np.flatnonzero(kept) if columns.group_ids[i] != columns.group_ids[row]]
    order = sorted(left, key=lambda i: (distances[i], columns.case_ids[i]))
    return [(columns.case_ids[i], float(distances[i])) for i in order[:k]]


def test_search_equals_brute_force_for_every_photograph_guard_and_filter_included(case_base: CaseBase) -> None:
    columns = case_base.columns
    everything = np.ones(len(columns), bool)
    chosen = np.array(
        [
            split == "train" and ("face" in site or (age is not None and age < 50))
            for split, site, age in zip(
                columns.splits, columns.labels["location"], columns.attributes["age"], strict=True
            )
        ]
    )
    for case_id in columns.case_ids[::5]:
        query = case_base.query(case_id=case_id)
        for kept, where in ((everything, None), (chosen, "split = 'train' AND (location = 'face' OR age < 50)")):
            found = case_base.search(query=query, k=15, where=where)
            assert [(n.case.case_id, n.distance) for n in found] == naive(case_base, case_id, kept, 15)


@pytest.mark.parametrize(("quality", "scale"), [(90, 1.0), (60, 1.0), (80, 0.6), (90, 1.4)])
def test_a_recompressed_photograph_does_not_meet_its_original_nor_its_patient(
    case_base: CaseBase, photographs: Path, quality: int, scale: float
) -> None:
    for case_id in case_base.columns.case_ids[3::68]:
        original = Image.open(photographs.parent / "images" / f"{case_id}.jpg")
        size = (round(original.width * scale), round(original.height * scale))
        copy = io.BytesIO()
        original.resize(size).save(copy, "JPEG", quality=quality)
        query = case_base.query(copy.getvalue())
        assert case_base.search(query=query, k=1, leak_guard=False).case_ids == [case_id]
        met = {neighbor.case.group_id for neighbor in case_base.search(query=query, k=200)}
        assert case_base.case(case_id).group_id not in met


def test_a_new_photograph_costs_no_other_patient_a_place(case_base: CaseBase, photographs: Path) -> None:
    ids = case_base.columns.case_ids[7::45]
    alone = {case_id: case_base.case(case_id).group_id for case_id in ids}
    for case_id, group in alone.items():
        found = case_base.search(photographs.parent / "images" / f"{case_id}.jpg", k=677)
        assert len(found) == 677 - case_base.columns.group_ids.count(group)


@pytest.mark.parametrize(("task", "at_least"), [("location", 0.28), ("diagnosis", 0.48)])
def test_knn_vote_beats_the_majority_class_on_the_test_split(case_base: CaseBase, task: str, at_least: float) -> None:
    columns = case_base.columns
    test = [case_id for case_id, split in zip(columns.case_ids, columns.splits, strict=True) if split == "test"]
    truth = [case_base.case(case_id).labels[task] for case_id in test]
    trained = Counter(
        labels[0] for labels, split in zip(columns.labels[task], columns.splits, strict=True) if split == "train"
    )
    majority = trained.most_common(1)[0][0]
    vote = KNNVote(case_base, task, k=15)
    predictions = vote.predict_many([case_base.query(case_id=case_id) for case_id in test])
    accuracy = np.mean([p.label in labels for p, labels in zip(predictions, truth, strict=True)])
    floor = np.mean([majority in labels for labels in truth])
    assert len(test) == 171
    assert all(sum(p.probabilities.values()) == pytest.approx(1) for p in predictions)
    assert accuracy > floor
    assert accuracy >= at_least
