"""Methods by several embedders' vectors are arms of one evaluation, over the same cases."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dermtools.errors import QueryError
from dermtools.evaluation import Arm, InSpace, evaluate
from dermtools.retrieval import CaseBase, KNNVote
from tests.support.mean_colour import IDENTITY, MeanColour, source, source_case

SHADES = [source_case(n, split="test" if n // 2 % 3 == 2 else "train") for n in range(24)]
"""Pictures of one colour each, two of a patient, in two splits."""


@pytest.fixture(scope="module")
def two_spaces(tmp_path_factory):
    path = tmp_path_factory.mktemp("embedders") / "base"
    case_base = CaseBase.create(path, embedder="descriptor")
    case_base.add(source(*SHADES))
    case_base.reembed(MeanColour())
    return path


def test_each_arm_answers_by_its_own_vectors_and_the_pair_is_judged(two_spaces, tmp_path):
    own, other = (CaseBase.open(two_spaces, embedder=spec) for spec in ("descriptor", MeanColour()))
    arms = [Arm.of(InSpace(KNNVote(view, "location"), view)) for view in (own, other)]
    arms = [Arm(name, arm.method, facts=arm.facts) for name, arm in zip(("own", "other"), arms, strict=True)]
    done = evaluate(own, "location", arms, tmp_path / "run")
    answers = done.run.answers()
    for name, view in (("own", own), ("other", other)):
        for target in done.run.spec.targets:
            alone = KNNVote(view, "location").predict(view.query(case_id=target.case_id))
            assert answers[name, target.case_id].prediction == alone
    (pair,) = done.results.comparisons
    assert {pair.first, pair.second} == {"own", "other"}
    assert pair.n == len(done.run.spec.targets)
    assert done.run.spec.arms["other"]["embedder"]["name"] == IDENTITY.name


def test_a_picture_from_outside_is_embedded_anew(two_spaces):
    own, other = (CaseBase.open(two_spaces, embedder=spec) for spec in ("descriptor", MeanColour()))
    query = own.query(Image.new("RGB", (64, 64), (200, 120, 100)))
    method = InSpace(KNNVote(other, "location", k=1), other)
    nearest = np.linalg.norm(other.vectors - [200, 120, 100], axis=1)
    train = [row for row, split in enumerate(other.columns.splits) if split == "train"]
    best = other.columns.case_ids[min(train, key=lambda row: nearest[row])]
    assert method.predict(query).exemplars[0].case_id == best
    assert method.predict_many([query]) == [method.predict(query)]
    assert (method.name, method.task, method.remote, method.price(None)) == ("knn-vote-1", "location", False, 0.0)


def test_cases_that_a_space_lacks_are_told_before_anything_is_asked(two_spaces, tmp_path):
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    case_base.add(source(*SHADES[:8]))
    case_base.reembed(MeanColour())
    case_base.add(source(*SHADES[:12]))
    view = CaseBase.open(case_base.path, embedder="mean-colour")
    with pytest.raises(QueryError, match=r"4 cases are not embedded by mean-colour yet; run: dermtools reembed"):
        InSpace(KNNVote(view, "location"), view)
