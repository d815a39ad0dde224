"""What a training reports while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class EpochStats:
    """What is known after an epoch; a progress callback receives it."""

    epoch: int
    """From 1."""
    epochs: int
    """How many there will be at most."""
    loss: float
    """Mean training loss of the epoch, smoothing and balancing included."""
    validation_loss: float | None
    """Mean cross-entropy on the cases to choose by; None where there are none."""
    validation_accuracy: float | None
    best_epoch: int
    """The epoch whose weights are kept so far."""
    seconds: float
    """Since training began."""


Progress = Callable[[EpochStats], None]
