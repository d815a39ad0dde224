from __future__ import annotations

import numpy as np
import pytest

from dermtools.adapter import LinearProbeConfig
from dermtools.adapter.calibration import softmax
from dermtools.adapter.data import soft_targets
from dermtools.adapter.linear_probe import fit_linear_probe

LABELS = ("angry", "burnt", "calm")


def arrays(cases) -> tuple[np.ndarray, np.ndarray]:
    return cases.vectors, soft_targets(cases, LABELS)


def test_finds_the_optimum_that_scikit_learn_finds(cases) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="needs the extra `report`")
    vectors, targets = arrays(cases("train", 90, spread=4.0))
    chosen = fit_linear_probe(vectors, targets, LinearProbeConfig(fallback_penalty=5.0))
    inputs = (vectors.astype(float) - vectors.mean(axis=0, dtype=float)) / vectors.std(axis=0, dtype=float)
    reference = linear_model.LogisticRegression(C=1 / 5.0, tol=1e-8, max_iter=10_000)
    reference.fit(inputs, targets.argmax(axis=1))
    assert softmax(chosen.probe.logits(vectors)) == pytest.approx(reference.predict_proba(inputs), abs=1e-4)


def test_the_penalty_is_the_one_that_validation_prefers(cases) -> None:
    train, valid = arrays(cases("train", 20, spread=5.0)), arrays(cases("valid", 200, spread=5.0))
    chosen = fit_linear_probe(*train, LinearProbeConfig(penalties=(1e-6, 30.0, 1e6)), validation=valid)
    assert chosen.penalty == 30.0 == min(chosen.by_penalty, key=chosen.by_penalty.__getitem__)


def test_without_validation_the_fallback_is_used(cases) -> None:
    chosen = fit_linear_probe(*arrays(cases("train", 30)), LinearProbeConfig(fallback_penalty=7.0))
    assert (chosen.penalty, chosen.by_penalty) == (7.0, {})


def test_several_true_labels_are_learned_in_equal_shares() -> None:
    vectors, targets = np.ones((10, 2), dtype=np.float32), np.tile([0.5, 0.5, 0.0], (10, 1))
    probe = fit_linear_probe(vectors, targets, LinearProbeConfig()).probe
    assert softmax(probe.logits(vectors))[0] == pytest.approx([0.5, 0.5, 0.0], abs=1e-3)


@pytest.mark.parametrize("balance", ["class-weights", "logit-adjustment"])
def test_balancing_helps_the_rare_label(cases, balance: str) -> None:
    common, rare = cases("train", 200, labels=("angry",), spread=6.0), cases("rare", 10, labels=("burnt",), spread=6.0)
    vectors = np.vstack([common.vectors, rare.vectors])
    targets = np.vstack([soft_targets(common, LABELS), soft_targets(rare, LABELS)])
    unseen = cases("unseen", 100, labels=("burnt",), spread=6.0).vectors

    def recall(how: str) -> float:
        probe = fit_linear_probe(vectors, targets, LinearProbeConfig(balance=how)).probe
        return float((probe.logits(unseen).argmax(axis=1) == 1).mean())

    assert recall(balance) > recall("none") + 0.1
