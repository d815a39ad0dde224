from __future__ import annotations

import numpy as np
import pytest

from dermtools.adapter import LinearProbeConfig
from dermtools.adapter.calibration import log_loss, softmax
from dermtools.adapter.linear_probe import LinearProbe
from dermtools.adapter.training_data import soft_targets

LABELS = ("angry", "burnt", "calm")


def arrays(cases) -> tuple[np.ndarray, np.ndarray]:
    return cases.vectors, soft_targets(cases, LABELS)


def test_finds_the_optimum_that_scikit_learn_finds(cases) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="needs the extra `report`")
    vectors, targets = arrays(cases("train", 90, spread=4.0))
    probe = LinearProbe.fit((vectors, targets), LinearProbeConfig(fallback_penalty=5.0)).model
    inputs = (vectors.astype(float) - vectors.mean(axis=0, dtype=float)) / vectors.std(axis=0, dtype=float)
    reference = linear_model.LogisticRegression(C=1 / 5.0, tol=1e-8, max_iter=10_000)
    reference.fit(inputs, targets.argmax(axis=1))
    assert softmax(probe.logits(vectors)) == pytest.approx(reference.predict_proba(inputs), abs=1e-4)


def test_the_penalty_is_the_one_that_validation_prefers(cases) -> None:
    train, valid = arrays(cases("train", 20, spread=5.0)), arrays(cases("valid", 200, spread=5.0))
    fitted = LinearProbe.fit(train, LinearProbeConfig(penalties=(1e-6, 30.0, 1e6)), validation=valid)
    losses = {
        penalty: log_loss(
            softmax(LinearProbe.fit(train, LinearProbeConfig(fallback_penalty=penalty)).model.logits(valid[0])),
            valid[1],
        )
        for penalty in (1e-6, 30.0, 1e6)
    }
    assert fitted.metrics == {"penalty": 30.0} == {"penalty": min(losses, key=losses.__getitem__)}


def test_without_validation_the_fallback_is_used(cases) -> None:
    fitted = LinearProbe.fit(arrays(cases("train", 30)), LinearProbeConfig(fallback_penalty=7.0))
    assert fitted.metrics == {"penalty": 7.0}


def test_several_true_labels_are_learned_in_equal_shares() -> None:
    vectors, targets = np.ones((10, 2), dtype=np.float32), np.tile([0.5, 0.5, 0.0], (10, 1))
    probe = LinearProbe.fit((vectors, targets), LinearProbeConfig()).model
    assert softmax(probe.logits(vectors))[0] == pytest.approx([0.5, 0.5, 0.0], abs=1e-3)


@pytest.mark.parametrize("balance", ["class-weights", "logit-adjustment"])
def test_balancing_helps_the_rare_label(cases, balance: str) -> None:
    common, rare = cases("train", 200, labels=("angry",), spread=6.0), cases("rare", 10, labels=("burnt",), spread=6.0)
    vectors = np.vstack([common.vectors, rare.vectors])
    targets = np.vstack([soft_targets(common, LABELS), soft_targets(rare, LABELS)])
    unseen = cases("unseen", 100, labels=("burnt",), spread=6.0).vectors

    def recall(how: str) -> float:
        probe = LinearProbe.fit((vectors, targets), LinearProbeConfig(balance=how)).model
        return float((probe.logits(unseen).argmax(axis=1) == 1).mean())

    assert recall(balance) > recall("none") + 0.1
