"""Long-tailed labels: class weights, or a shift of the logits, from the cases a label has, shape (labels,)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.config import Balance


def class_weights(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Inverse to the counts, so that all labels together weigh the same; a label without a case weighs nothing.

    Over the cases the weights have mean 1, so the learning rate keeps its meaning.
    """
    counts = np.asarray(counts, dtype=np.float64)
    present = counts > 0
    weights = np.zeros_like(counts)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def log_prior(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log frequency of each label, to add to the logits in training only (Menon et al. 2021, section 4).

    A label without a case gets the largest one: the shift is taken away when predicting, so a small one
    would leave such a label with the highest logits of all.
    """
    counts = np.asarray(counts, dtype=np.float64)
    counts = np.where(counts > 0, counts, counts.max())
    return np.asarray(np.log(counts / counts.sum()))


def balancing(
    how: Balance, counts: NDArray[np.floating]
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Class weights and shift of the logits, each None where `how` does not use it."""
    weights = class_weights(counts) if how == "class-weights" else None
    return weights, log_prior(counts) if how == "logit-adjustment" else None
