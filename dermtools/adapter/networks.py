"""The adapter network as published, for any embedding dimension and label set.

Linear, GELU, Linear, LayerNorm; two 1-D convolutions (kernel 3, padding 1) with a GELU between; a linear
head. The publication leaves open what the convolutions run along, so there are two readings:

`channels`
    The reference code's: 512 channels, a sequence of length one. Taps 0 and 2 of each kernel only ever meet
    padding, so they are left out: each convolution is a linear layer, equal to the plain module in outputs and
    in training (`benchmarks/published.py` holds those modules).
`features`
    A real 1-D convolution along the 512 features, which does model local dependencies.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dermtools.adapter.config import Conv

HIDDEN = 512
"""Width of the published network."""
KERNEL = 3
FEATURE_CHANNELS = 4
"""Between the convolutions of `features`; none is published, and 4, 8 and 16 are equally accurate on photographs."""


class ChannelConvolutions(nn.Module):
    """Two Conv1d(width, width, 3, padding=1) over a sequence of length one, without their dead taps."""

    fan_in_factor = KERNEL
    """The plain modules draw their weights as if every tap had an input; so do these."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def logits(self, features: Tensor, head: nn.Linear) -> Tensor:
        """What `head` makes of the convolved features, shape (n, labels), from shape (n, width).

        For more rows than labels the product of the second convolution's and the head's weights comes cheaper
        than two products of all rows: same outputs, same gradients.
        """
        inner = functional.gelu(self.first(features))
        if len(features) <= head.out_features:
            out: Tensor = head(self.second(inner))
            return out
        bias = functional.linear(self.second.bias, head.weight, head.bias)
        return functional.linear(inner, head.weight @ self.second.weight, bias)


class FeatureConvolutions(nn.Module):
    """Two convolutions along the features: from one channel to several and back.

    Matrix products over shifted copies, channels first: equal to Conv1d, on a CPU several times faster.
    """

    fan_in_factor = 1

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, FEATURE_CHANNELS, KERNEL, padding=1)
        self.second = nn.Conv1d(FEATURE_CHANNELS, 1, KERNEL, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        rows, width = features.shape
        inward, outward = self.first.bias, self.second.bias
        assert inward is not None
        assert outward is not None
        padded = functional.pad(features, (1, 1))
        shifted = torch.stack([padded[:, tap : tap + width] for tap in range(KERNEL)]).view(KERNEL, -1)
        channels = functional.gelu(self.first.weight[:, 0] @ shifted + inward[:, None])
        taps = functional.pad((self.second.weight[0].T @ channels).view(KERNEL, rows, width), (1, 1))
        return sum((taps[tap, :, tap : tap + width] for tap in range(KERNEL)), outward)

    def logits(self, features: Tensor, head: nn.Linear) -> Tensor:
        """What `head` makes of the convolved features, shape (n, labels), from shape (n, width)."""
        out: Tensor = head(self(features))
        return out


class AdapterNetwork(nn.Module):
    """Logits of a closed label set from embeddings.

    The buffers `mean` and `scale` standardise the input: 0 and 1 (as published) until `training.py` sets them.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, dimension: int, labels: int, conv: Conv, *, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("scale", torch.ones(dimension))
        self.inner = nn.Linear(dimension, hidden)
        self.outer = nn.Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.convolutions = ChannelConvolutions(hidden) if conv == "channels" else FeatureConvolutions()
        self.head = nn.Linear(hidden, labels)

    def forward(self, vectors: Tensor, dropout: Dropout | None = None) -> Tensor:
        """Logits, shape (n, labels), from embeddings, shape (n, dimension); `dropout` in training only."""
        drop = dropout or (lambda features: features)
        features = drop((vectors - self.mean) / self.scale)
        features = drop(functional.gelu(self.inner(features)))
        features = drop(self.norm(self.outer(features)))
        return self.convolutions.logits(features, self.head)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights as the plain torch modules do: uniform within 1 / sqrt(fan-in)."""
        self.mean.zero_()
        self.scale.fill_(1.0)
        self.norm.reset_parameters()
        factor = self.convolutions.fan_in_factor
        first, second = self.convolutions.first, self.convolutions.second
        for layer in (self.inner, self.outer, first, second, self.head):
            bound = 1 / math.sqrt(layer.weight[0].numel() * (factor if layer in (first, second) else 1))
            layer.weight.uniform_(-bound, bound, generator=generator)
            if layer.bias is not None:
                layer.bias.uniform_(-bound, bound, generator=generator)


class Dropout:
    """Drops units by a random source of its own, so that training leaves torch's global one alone.

    One random byte a unit decides, eight from one draw: torch's Bernoulli draws took a quarter of the training.
    So the probability is rounded to 1 / 256.
    """

    def __init__(self, probability: float, generator: torch.Generator) -> None:
        self.limit = min(round(256 * probability), 255)
        self.generator = generator

    def __call__(self, features: Tensor) -> Tensor:
        draws = torch.empty((features.numel() + 7) // 8, dtype=torch.int64, device=features.device)
        draws.random_(torch.iinfo(torch.int64).min, None, generator=self.generator)
        bytes_ = draws.view(torch.uint8)[: features.numel()].view(features.shape)
        return features * (bytes_ >= self.limit).to(features.dtype).mul_(256 / (256 - self.limit))


def unallocated(dimension: int, labels: int, conv: Conv, *, hidden: int = HIDDEN) -> AdapterNetwork:
    """A network whose tensors have shapes but no memory: to be filled from a file, or by `new_network`."""
    with torch.device("meta"):
        return AdapterNetwork(dimension, labels, conv, hidden=hidden)


def new_network(dimension: int, labels: int, conv: Conv, *, seed: int, hidden: int = HIDDEN) -> AdapterNetwork:
    """A network with fresh weights: the same seed gives the same weights, and no global state changes."""
    network: AdapterNetwork = unallocated(dimension, labels, conv, hidden=hidden).to_empty(device="cpu")
    network.initialise(torch.Generator().manual_seed(seed))
    return network
