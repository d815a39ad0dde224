"""How much goes into one batch: so many pictures, or fewer large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from dermtools.retrieval.ingest.prepare import Prepared

BATCH_PIXELS = 100_000_000
"""A batch ends early at this many decoded pixels (300 MB), however few pictures it has."""
WEIGHT_WITHOUT_PICTURE = 1 / 64
"""What a case that is only a vector counts in a batch, beside one with a picture."""

T = TypeVar("T")


def in_batches(
    items: Iterable[T], size: int, pixels: Callable[[T], int], weight: Callable[[T], float] = lambda item: 1
) -> Iterator[list[T]]:
    """Items that together weigh `size`, or are fewer of large pictures; in their order."""
    batch: list[T] = []
    held, weighed = 0, 0.0
    for item in items:
        batch.append(item)
        held += pixels(item)
        weighed += weight(item)
        if weighed >= size or held >= BATCH_PIXELS:
            yield batch
            batch, held, weighed = [], 0, 0.0
    if batch:
        yield batch


def weight_of(item: Prepared) -> float:
    """What a prepared case counts in a batch."""
    return WEIGHT_WITHOUT_PICTURE if item.source.image is None else 1
