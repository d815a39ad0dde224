"""Linear probe: multinomial logistic regression over frozen embeddings, the baseline for every adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.adapter.balance import class_weights, log_prior
from dermtools.adapter.calibration import log_loss, softmax
from dermtools.adapter.data import standardisation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.config import LinearProbeConfig

MAX_STEPS = 500
"""L-BFGS steps a penalty; real embeddings need some tens."""


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """Logits = ((x - mean) / scale) @ weight + bias."""

    weight: NDArray[np.float64]
    """Shape (d, labels)."""
    bias: NDArray[np.float64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shape (n, labels), from embeddings, shape (n, d)."""
        return _standardised(vectors, self.mean, self.scale) @ self.weight + self.bias


@dataclass(frozen=True, eq=False)
class ChosenProbe:
    """The probe with the penalty that validation prefers."""

    probe: LinearProbe
    penalty: float
    by_penalty: dict[float, float]
    """Mean log loss on validation by penalty; empty where there was nothing to choose by."""


def fit_linear_probe(
    vectors: NDArray[np.float32],
    targets: NDArray[np.float64],
    config: LinearProbeConfig,
    *,
    validation: tuple[NDArray[np.float32], NDArray[np.float64]] | None = None,
) -> ChosenProbe:
    """Fit one probe a penalty, and keep the one with the lowest log loss on validation.

    The optimum is unique, so no seed is involved. Source of the method: the usual linear evaluation
    protocol, e.g. Radford et al. 2021 (CLIP), section 3.2, by L-BFGS.

    Args:
        vectors: embeddings, float32, shape (n, d).
        targets: truth as distributions, shape (n, labels).
        config: penalties and balancing.
        validation: vectors and targets to choose the penalty by.
    """
    mean, scale = standardisation(vectors)
    inputs = _standardised(vectors, mean, scale)
    has_validation = validation is not None and len(validation[0]) > 0
    # From the strongest on, each fit starts where the one before it ended.
    penalties = sorted(config.penalties, reverse=True) if has_validation else [config.fallback_penalty]
    start = np.zeros((vectors.shape[1] + 1, targets.shape[1]))
    best: tuple[float, LinearProbe, float] | None = None
    losses: dict[float, float] = {}
    for penalty in penalties:
        start = _minimise(inputs, targets, penalty, config, start)
        probe = LinearProbe(start[:-1], start[-1], mean, scale)
        score = 0.0
        if has_validation and validation is not None:
            score = losses[penalty] = log_loss(softmax(probe.logits(validation[0])), validation[1])
        if best is None or score < best[0]:
            best = score, probe, penalty
    assert best is not None
    return ChosenProbe(best[1], best[2], losses)


def _minimise(
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    penalty: float,
    config: LinearProbeConfig,
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weights and, as the last row, bias: minimum of the summed cross-entropy + penalty / 2 * |weights|^2."""
    import torch
    from torch.nn import functional

    features, truth = torch.from_numpy(inputs), torch.from_numpy(targets)
    weight = torch.from_numpy(start[:-1].copy()).requires_grad_()
    bias = torch.from_numpy(start[-1].copy()).requires_grad_()
    counts = targets.sum(axis=0)
    class_weight = torch.from_numpy(class_weights(counts)) if config.balance == "class-weights" else None
    shift = torch.from_numpy(log_prior(counts)) if config.balance == "logit-adjustment" else 0.0
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=MAX_STEPS, tolerance_grad=1e-7, tolerance_change=1e-10, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = features @ weight + bias + shift
        fit = functional.cross_entropy(logits, truth, weight=class_weight)
        loss = fit + penalty / (2 * len(features)) * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return np.vstack([weight.detach().numpy(), bias.detach().numpy()])


def _standardised(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float64]:
    return (vectors.astype(np.float64) - mean) / scale
