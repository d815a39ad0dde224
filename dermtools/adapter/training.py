"""Training the adapter network: all embeddings as one tensor in memory, early stopping on validation."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dermtools.adapter.balance import balancing
from dermtools.adapter.networks import AdapterNetwork, Dropout, new_network
from dermtools.adapter.training_data import standardisation
from dermtools.adapter.vector_model import EpochStats, Progress
from dermtools.errors import TrainingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.config import AdapterConfig

Pair = tuple[Tensor, Tensor]
"""Vectors and their targets."""
EVALUATION_BATCH = 4096
"""Rows a forward pass outside training: bounds memory, not results."""


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The weights that were kept, and the course of the training."""

    network: AdapterNetwork
    history: tuple[EpochStats, ...]
    interrupted: bool


def train_network(
    vectors: NDArray[np.float32],
    targets: NDArray[np.float64],
    config: AdapterConfig,
    *,
    validation: tuple[NDArray[np.float32], NDArray[np.float64]] | None = None,
    progress: Progress | None = None,
) -> TrainedNetwork:
    """Train from scratch on vectors, float32, shape (n, d), and their truth as distributions, shape (n, labels).

    The same seed, data, device and thread count give the same weights.

    The weights kept are those of the epoch with the lowest cross-entropy on validation (accuracy is too coarse
    to choose by some tens of cases), without validation those of the last epoch. Ctrl-C ends the training and
    keeps what was reached; before the first epoch is done it is passed on.

    Raises:
        TrainingError: no such device, or the loss is no longer finite.
    """
    device = torch_device(config.device)
    network = new_network(vectors.shape[1], targets.shape[1], config.conv, seed=config.seed)
    if config.standardise:
        mean, scale = standardisation(vectors)
        network.mean.copy_(torch.from_numpy(mean))
        network.scale.copy_(torch.from_numpy(scale))
    network.to(device)
    inputs, truth = _tensors(vectors, targets, device)
    held_out = _tensors(*validation, device) if validation is not None and len(validation[0]) else None
    run = _Run(network, inputs, truth, held_out, config)
    history: list[EpochStats] = []
    interrupted = False
    try:
        for stats in run.epochs():
            history.append(stats)
            if progress is not None:
                progress(stats)
    except KeyboardInterrupt:
        if not history:
            raise
        interrupted = True
    network.load_state_dict(run.kept)
    return TrainedNetwork(network.to("cpu"), tuple(history), interrupted)


class _Run:
    """One training: the network, its data, and the best weights so far."""

    def __init__(
        self, network: AdapterNetwork, inputs: Tensor, targets: Tensor, held_out: Pair | None, config: AdapterConfig
    ) -> None:
        self.network, self.inputs, self.targets = network, inputs, targets
        self.held_out, self.config = held_out, config
        self.batch_size, learning_rate = config.batch_and_rate(len(inputs))
        self.kept: dict[str, Tensor] = {}
        self._best = math.inf
        self._optimizer = torch.optim.AdamW(
            network.parameters(), lr=learning_rate, weight_decay=config.weight_decay, fused=True
        )
        steps = config.epochs * math.ceil(len(inputs) / self.batch_size)
        cosine = config.schedule == "cosine"
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)) if cosine else 1.0
        )
        self._order = torch.Generator().manual_seed(config.seed)
        dropout = torch.Generator(inputs.device).manual_seed(config.seed)
        self._dropout = Dropout(config.dropout, dropout) if config.dropout else None
        prior = targets.sum(dim=0).cpu().numpy()
        weights, shift = balancing(config.balance, prior)
        self._weights = None if weights is None else torch.from_numpy(weights).to(inputs)
        self._shift = None if shift is None else torch.from_numpy(shift).to(inputs)

    def epochs(self) -> Iterator[EpochStats]:
        """Train epoch by epoch until the last one, or until patience ends."""
        start, best_epoch = time.monotonic(), 0
        for epoch in range(1, self.config.epochs + 1):
            loss = self._train_epoch()
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the training loss is {loss} in epoch {epoch}; lower the learning rate, or standardise the inputs"
                )
            validation = self._validate()
            score = -float(epoch) if validation is None else validation[0]
            if score < self._best or not self.kept:
                self._best, best_epoch = score, epoch
                self.kept = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}
            validation_loss, accuracy = validation or (None, None)
            yield EpochStats(
                epoch, self.config.epochs, loss, validation_loss, accuracy, best_epoch, time.monotonic() - start
            )
            if self.config.patience is not None and epoch - best_epoch >= self.config.patience:
                return

    def _train_epoch(self) -> float:
        order = torch.randperm(len(self.inputs), generator=self._order).to(self.inputs.device)
        total = torch.zeros((), device=self.inputs.device)
        for rows in torch.split(order, self.batch_size):
            logits = self.network(self.inputs[rows], self._dropout)
            if self._shift is not None:
                logits = logits + self._shift
            loss = functional.cross_entropy(
                logits, self.targets[rows], weight=self._weights, label_smoothing=self.config.label_smoothing
            )
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
            self._optimizer.step()
            self._schedule.step()
            total += loss.detach() * len(rows)
        return float(total) / len(self.inputs)

    def _validate(self) -> tuple[float, float] | None:
        """Mean cross-entropy and accuracy on the held-out cases."""
        if self.held_out is None:
            return None
        vectors, truth = self.held_out
        logits = forward(self.network, vectors)
        right = truth.gather(1, logits.argmax(dim=1, keepdim=True)) > 0
        return float(functional.cross_entropy(logits, truth)), float(right.double().mean())


@torch.no_grad()
def forward(network: AdapterNetwork, vectors: Tensor) -> Tensor:
    """Logits without dropout or gradients, in batches."""
    return torch.cat([network(rows) for rows in torch.split(vectors, EVALUATION_BATCH)])


def torch_device(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one. Raises TrainingError where there is none."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch built without CUDA
        raise TrainingError(f"no torch device {name!r} here; use cpu or auto") from error
    return device


def _tensors(vectors: NDArray[np.float32], targets: NDArray[np.float64], device: torch.device) -> Pair:
    inputs = torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32))
    return inputs.to(device), torch.from_numpy(targets).to(device, torch.float32)
