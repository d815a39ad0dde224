"""Linear probe: multinomial logistic regression over frozen embeddings, the baseline for every adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from dermtools.adapter.balance import balancing
from dermtools.adapter.calibration import log_loss, softmax
from dermtools.adapter.config import LinearProbeConfig
from dermtools.adapter.training_data import standardisation
from dermtools.adapter.vector_model import Fitted, VectorModel, check_tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.vector_model import Architecture, Arrays, Progress, Tensors

    Floats = NDArray[np.float64]

MAX_STEPS = 500
"""L-BFGS steps a penalty; real embeddings need some tens."""


@dataclass(frozen=True, eq=False)
class LinearProbe(VectorModel[LinearProbeConfig]):
    """Logits = ((x - mean) / scale) @ weight + bias."""

    config_class = LinearProbeConfig

    weight: NDArray[np.float64]
    """Shape (d, labels)."""
    bias: NDArray[np.float64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        train: Arrays,
        config: LinearProbeConfig,
        *,
        validation: Arrays | None = None,
        progress: Progress | None = None,
    ) -> Fitted:
        """Fit one probe a penalty by L-BFGS, and keep the one with the lowest log loss on validation.

        The usual linear evaluation (Radford et al. 2021, CLIP, section 3.2). The optimum is unique: no seed.
        """
        vectors, targets = train
        mean, scale = standardisation(vectors)
        inputs = _standardised(vectors, mean, scale)
        # From the strongest on, each fit starts where the one before it ended.
        penalties = sorted(config.penalties, reverse=True) if validation else [config.fallback_penalty]
        start = np.zeros((vectors.shape[1] + 1, targets.shape[1]))
        probes: list[tuple[float, LinearProbe, float]] = []
        for penalty in penalties:
            start = _minimise(inputs, targets, penalty, config, start)
            probe = cls(start[:-1], start[-1], mean, scale)
            loss = log_loss(softmax(probe.logits(validation[0])), validation[1]) if validation else 0.0
            probes.append((loss, probe, penalty))
        _, best, penalty = min(probes, key=lambda entry: entry[0])
        return Fitted(best, {"penalty": penalty})

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        return _standardised(vectors, self.mean, self.scale) @ self.weight + self.bias

    def tensors(self) -> Tensors:
        return {"weight": self.weight, "bias": self.bias, "mean": self.mean, "scale": self.scale}

    @classmethod
    def restore(cls, architecture: Architecture, tensors: Tensors) -> Self:
        d, labels = architecture.dimension, architecture.labels
        weights = {"weight": ((d, labels), "float64"), "bias": ((labels,), "float64")}
        check_tensors(tensors, {**weights, "mean": ((d,), "float32"), "scale": ((d,), "float32")})
        return cls(**tensors)


def _minimise(inputs: Floats, targets: Floats, penalty: float, config: LinearProbeConfig, start: Floats) -> Floats:
    """Weights and, as the last row, bias: minimum of the summed cross-entropy + penalty / 2 * |weights|^2."""
    import torch
    from torch.nn import functional

    features, truth = torch.from_numpy(inputs), torch.from_numpy(targets)
    weight = torch.from_numpy(start[:-1].copy()).requires_grad_()
    bias = torch.from_numpy(start[-1].copy()).requires_grad_()
    weights, prior = balancing(config.balance, targets.sum(axis=0))
    class_weight = None if weights is None else torch.from_numpy(weights)
    shift = 0.0 if prior is None else torch.from_numpy(prior)
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


def _standardised(vectors: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]) -> Floats:
    return (vectors.astype(np.float64) - mean) / scale
