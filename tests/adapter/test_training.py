from __future__ import annotations

import numpy as np
import pytest
import torch

from dermtools.adapter import AdapterConfig, EpochStats
from dermtools.adapter.training import EVALUATION_BATCH, forward, train_network
from dermtools.adapter.training_data import soft_targets
from dermtools.errors import TrainingError

LABELS = ("angry", "burnt", "calm")
QUICK = {"epochs": 6, "batch_size": 16, "patience": None}


def arrays(cases) -> tuple[np.ndarray, np.ndarray]:
    return cases.vectors, soft_targets(cases, LABELS)


@pytest.mark.parametrize("conv", ["channels", "features"])
def test_learns_what_can_be_learned(cases, conv: str) -> None:
    config = AdapterConfig(**QUICK, conv=conv)
    trained = train_network(*arrays(cases("train", 60)), config, validation=arrays(cases("valid", 60)))
    assert trained.history[trained.history[-1].best_epoch - 1].validation_accuracy > 0.95
    assert trained.history[-1].loss < trained.history[0].loss


def test_the_same_seed_gives_identical_weights_and_another_seed_does_not(cases) -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        config = AdapterConfig(**QUICK, seed=seed, dropout=0.5)
        return train_network(*arrays(cases("train", 60)), config).network.state_dict()

    first, again, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_global_random_state_and_threads_are_left_alone(cases) -> None:
    before, numpy_before, threads = torch.get_rng_state(), np.random.get_state()[1].copy(), torch.get_num_threads()
    train_network(*arrays(cases("train", 30)), AdapterConfig(**QUICK, dropout=0.5))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numpy_before, np.random.get_state()[1])
    assert threads == torch.get_num_threads()


def test_keeps_the_epoch_with_the_best_validation(cases) -> None:
    valid = arrays(cases("valid", 60, spread=6.0))
    config = AdapterConfig(epochs=25, batch_size=8, learning_rate=3e-3, patience=None)
    trained = train_network(*arrays(cases("train", 30, spread=6.0)), config, validation=valid)
    best = min(trained.history, key=lambda stats: stats.validation_loss)
    assert trained.history[-1].best_epoch == best.epoch < 25
    logits = forward(trained.network, torch.from_numpy(valid[0]))
    accuracy = (logits.argmax(dim=1).numpy() == valid[1].argmax(axis=1)).mean()
    assert accuracy == pytest.approx(best.validation_accuracy)


def test_stops_when_patience_ends(cases) -> None:
    config = AdapterConfig(epochs=100, batch_size=8, learning_rate=3e-3, patience=3)
    trained = train_network(
        *arrays(cases("train", 30, spread=6.0)), config, validation=arrays(cases("valid", 60, spread=6.0))
    )
    assert len(trained.history) == trained.history[-1].best_epoch + 3 < 100


def test_without_validation_the_last_epoch_is_kept(cases) -> None:
    trained = train_network(*arrays(cases("train", 30)), AdapterConfig(**{**QUICK, "patience": 2}))
    assert trained.history[-1].best_epoch == len(trained.history) == 6
    assert trained.history[-1].validation_accuracy is None


def test_progress_hears_of_every_epoch(cases) -> None:
    heard: list[EpochStats] = []
    valid = arrays(cases("valid", 20))
    train_network(*arrays(cases("train", 30)), AdapterConfig(**QUICK), validation=valid, progress=heard.append)
    assert [stats.epoch for stats in heard] == [1, 2, 3, 4, 5, 6]
    assert all(stats.loss > 0 and 0 <= stats.validation_accuracy <= 1 for stats in heard)


def test_an_interruption_keeps_what_was_reached(cases) -> None:
    def interrupt(stats: EpochStats) -> None:
        if stats.epoch == 2:
            raise KeyboardInterrupt

    interrupted = train_network(*arrays(cases("train", 30)), AdapterConfig(**QUICK), progress=interrupt)
    assert interrupted.interrupted
    assert len(interrupted.history) == 2
    reached: dict[int, float] = {}
    train_network(
        *arrays(cases("train", 30)), AdapterConfig(**QUICK), progress=lambda s: reached.update({s.epoch: s.loss})
    )
    assert interrupted.history[-1].loss == reached[2]


def test_an_interruption_before_anything_was_reached_is_one(cases, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dermtools.adapter.training.functional.cross_entropy", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_network(*arrays(cases("train", 30)), AdapterConfig(**QUICK))


def test_several_true_labels_are_learned_in_equal_shares(cases) -> None:
    vectors, targets = arrays(cases("train", 60))
    both = np.where(targets.argmax(axis=1)[:, None] == 0, np.array([[0.5, 0.5, 0.0]]), targets)
    config = AdapterConfig(epochs=40, batch_size=16, patience=None, label_smoothing=0.0, dropout=0.0)
    network = train_network(vectors, both, config).network
    probabilities = forward(network, torch.from_numpy(vectors)).softmax(dim=1)[targets.argmax(axis=1) == 0].mean(dim=0)
    assert probabilities.tolist() == pytest.approx([0.5, 0.5, 0.0], abs=0.1)


@pytest.mark.parametrize("balance", ["class-weights", "logit-adjustment"])
def test_balancing_helps_the_rare_label(cases, balance: str) -> None:
    common, rare = cases("train", 200, labels=("angry",), spread=6.0), cases("rare", 20, labels=("burnt",), spread=6.0)
    vectors = np.vstack([common.vectors, rare.vectors])
    targets = np.vstack([soft_targets(common, LABELS), soft_targets(rare, LABELS)])
    unseen = torch.from_numpy(cases("unseen", 100, labels=("burnt",), spread=6.0).vectors)

    def recall(how: str) -> float:
        config = AdapterConfig(epochs=10, batch_size=32, patience=None, balance=how)
        logits = forward(train_network(vectors, targets, config).network, unseen)
        return (logits.argmax(dim=1) == 1).double().mean().item()

    assert recall(balance) > recall("none") + 0.1


@pytest.mark.parametrize("balance", ["none", "class-weights", "logit-adjustment"])
def test_a_label_without_cases_is_not_predicted(cases, balance: str) -> None:
    vectors, targets = arrays(cases("train", 100, labels=("angry", "angry", "angry", "burnt"), spread=6.0))
    network = train_network(vectors, targets, AdapterConfig(epochs=8, batch_size=16, balance=balance)).network
    assert (forward(network, torch.from_numpy(vectors)).argmax(dim=1) != 2).all()


def test_a_constant_input_is_no_division_by_zero(cases) -> None:
    vectors, targets = arrays(cases("train", 30))
    vectors[:, 3] = 0.1
    network = train_network(vectors, targets, AdapterConfig(**QUICK)).network
    assert forward(network, torch.from_numpy(vectors)).isfinite().all()


def test_a_diverging_training_says_so(cases) -> None:
    vectors, targets = arrays(cases("train", 30))
    with pytest.raises(TrainingError, match="lower the learning rate"):
        train_network(vectors * 1e30, targets, AdapterConfig(**QUICK, standardise=False, learning_rate=1e9))


@pytest.mark.parametrize("device", ["cuda:99", "no-such-device"])
def test_a_device_that_is_not_there_is_refused(cases, device: str) -> None:
    with pytest.raises(TrainingError, match=device):
        train_network(*arrays(cases("train", 30)), AdapterConfig(device=device))


def test_batches_of_evaluation_do_not_change_the_logits(cases) -> None:
    network = train_network(*arrays(cases("train", 30)), AdapterConfig(**QUICK)).network
    vectors = torch.from_numpy(cases("many", EVALUATION_BATCH + 10).vectors)
    with torch.no_grad():
        torch.testing.assert_close(forward(network, vectors), network(vectors))
