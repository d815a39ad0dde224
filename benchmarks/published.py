"""The adapter in plain torch modules, as the reference code has it, and weights taken over from it.

Source of the architecture: the reference code of the publication (MedImageInsight embeddings, 1024-d):
Linear(1024, 512), GELU, Linear(512, 512), LayerNorm(512); two Conv1d(512, 512, 3, padding=1) with a GELU
between; Linear(512, classes). 2,382,375 parameters at 39 classes, of which 1,048,576 are dead: the
convolutions see a sequence of length one, so two of their three taps only ever meet padding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from dermtools.adapter.networks import HIDDEN, KERNEL, AdapterNetwork, unallocated


class PublishedAdapter(nn.Module):
    """The reference network: slower than `AdapterNetwork`, kept to check and time it against."""

    def __init__(self, dimension: int, labels: int, *, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.inner = nn.Linear(dimension, hidden)
        self.outer = nn.Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.first = nn.Conv1d(hidden, hidden, KERNEL, padding=1)
        self.second = nn.Conv1d(hidden, hidden, KERNEL, padding=1)
        self.head = nn.Linear(hidden, labels)

    def forward(self, vectors: Tensor) -> Tensor:
        """Logits, shape (n, labels), from embeddings, shape (n, dimension)."""
        features = self.norm(self.outer(functional.gelu(self.inner(vectors))))
        sequence = features.unsqueeze(-1)
        sequence = self.second(functional.gelu(self.first(sequence)))
        logits: Tensor = self.head(sequence.squeeze(-1))
        return logits


@torch.no_grad()
def from_published(plain: PublishedAdapter) -> AdapterNetwork:
    """The same function as a `channels` network: the middle tap of each kernel, everything else as it is."""
    dimension, hidden, labels = plain.inner.in_features, plain.head.in_features, plain.head.out_features
    network: AdapterNetwork = unallocated(dimension, labels, "channels", hidden=hidden).to_empty(device="cpu")
    network.mean.zero_()
    network.scale.fill_(1.0)
    theirs = dict(plain.named_parameters())
    for name, ours in network.named_parameters():
        their = theirs[name.removeprefix("convolutions.")]
        ours.copy_(their[..., KERNEL // 2] if their.ndim == 3 else their)
    return network
