"""The kind `adapter`: an adapter network for use, on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from dermtools.adapter.config import AdapterConfig
from dermtools.adapter.networks import AdapterNetwork, ChannelConvolutions, unallocated
from dermtools.adapter.training import forward, train_network
from dermtools.adapter.vector_model import Fitted, VectorModel, check_tensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.adapter.vector_model import Architecture, Arrays, Progress, Tensors


@dataclass(frozen=True, eq=False)
class AdapterModel(VectorModel[AdapterConfig]):
    """A trained adapter network."""

    config_class = AdapterConfig

    network: AdapterNetwork

    @classmethod
    def fit(
        cls, train: Arrays, config: AdapterConfig, *, validation: Arrays | None = None, progress: Progress | None = None
    ) -> Fitted:
        trained = train_network(*train, config, validation=validation, progress=progress)
        kept, epochs = trained.history[trained.history[-1].best_epoch - 1], len(trained.history)
        batch, rate = config.batch_and_rate(len(train[0]))
        metrics = {"epochs": epochs, "best_epoch": kept.epoch, "train_loss": kept.loss}
        notes = (f"training was interrupted after epoch {epochs} of {config.epochs}",) if trained.interrupted else ()
        return Fitted(cls(trained.network), metrics | {"batch_size": batch, "learning_rate": rate}, notes)

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        out = forward(self.network, torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)))
        return out.numpy().astype(np.float64)

    def tensors(self) -> Tensors:
        return {name: tensor.numpy() for name, tensor in self.network.state_dict().items()}

    @classmethod
    def restore(cls, architecture: Architecture, tensors: Tensors) -> Self:
        if architecture.conv is None or architecture.hidden is None:
            raise ValueError("are those of an adapter, whose architecture names no convolutions")
        shape = architecture.dimension, architecture.labels
        network = unallocated(*shape, architecture.conv, hidden=architecture.hidden)
        expected = {name: (tuple(tensor.shape), "float32") for name, tensor in network.state_dict().items()}
        check_tensors(tensors, expected)
        network.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()}, assign=True)
        return cls(network)

    def shape(self) -> dict[str, Any]:
        channels = isinstance(self.network.convolutions, ChannelConvolutions)
        return {"conv": "channels" if channels else "features", "hidden": self.network.head.in_features}
