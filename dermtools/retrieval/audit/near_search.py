"""Candidates for near-duplicate pictures among so many that not all pairs can be compared.

Vectors are turned onto the directions in which they differ most, which never makes a distance larger: what is near is
near there, too, and comparing 64 numbers is 16 times as cheap as 1024. There they are put into lists around centres
(FAISS's IndexIVFFlat), and each is compared with those of the nearest lists: a pair is looked for from either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

EXACT = 20_000
"""Vectors up to which all pairs are compared."""
DIRECTIONS = 64
FEW = 64
"""Nearest that are looked at of each; of more copies than that, each is still beside some."""
_LISTS = 4
"""Lists, by the root of how many vectors there are."""
_PROBES = (8, 16, 32)
_ENOUGH = 0.99
"""Recall at which no more lists are looked through."""
_TRAINED, _LEARNED = 20, 20_000
"""Vectors a list that centres, and vectors in all that directions, are learned from."""
_DRAWN = 1000
BLOCK = 8192
_CELLS = 2**24
"""Numbers of vectors that are compared at once: 64 MB."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of rows that may be near."""

    rows: NDArray[np.int64]
    """Shape (m, 2), the smaller row first, each pair once."""
    recall: float
    """Share of drawn pairs at the very threshold that are found from one side."""


class Lists:
    """Vectors, float32, shape (n, d), finite, as lists of what lies together."""

    def __init__(self, vectors: Floats) -> None:
        import faiss

        self.vectors = vectors
        rng = np.random.default_rng(0)
        some = vectors[np.sort(rng.permutation(len(vectors))[:_LEARNED])]
        self._mean = some.mean(axis=0)
        directions = np.linalg.eigh(np.cov((some - self._mean).T))[1]
        self._directions = directions[:, : -DIRECTIONS - 1 : -1].astype(np.float32)
        self._turned = np.empty((len(vectors), self._directions.shape[1]), np.float32)
        for start in range(0, len(vectors), BLOCK):
            self._turned[start : start + BLOCK] = self._turn(vectors[start : start + BLOCK])
        lists = min(len(vectors), round(_LISTS * len(vectors) ** 0.5))
        self._centres = faiss.IndexFlatL2(self._turned.shape[1])
        self._index = faiss.IndexIVFFlat(self._centres, self._turned.shape[1], lists)
        self._index.cp.niter, self._index.cp.min_points_per_centroid = 8, 1
        self._index.train(self._turned[np.sort(rng.permutation(len(vectors))[: _TRAINED * lists])])
        self._index.add(self._turned)
        self._index.nprobe = min(_PROBES[-1], lists)

    def _turn(self, points: Floats) -> Floats:
        turned: Floats = (points - self._mean) @ self._directions
        return turned

    def tuned(self, threshold: float) -> float:
        """The recall of pairs at that distance, with as few lists looked through as reach `_ENOUGH`, or the most.

        Measured on pairs of a case and a point at that distance from it, towards some other case.
        """
        rng = np.random.default_rng(1)
        asked, towards = rng.integers(len(self.vectors), size=(2, _DRAWN))
        way = self.vectors[towards] - self.vectors[asked]
        length = np.linalg.norm(way, axis=1, keepdims=True)
        points = self._turn(self.vectors[asked] + way * (threshold / np.maximum(length, 1e-12)))
        recall = 0.0
        for self._index.nprobe in _PROBES:
            near = self._index.search(points, FEW)[1]
            recall = float((near == asked[:, None]).any(axis=1)[length[:, 0] > 0].mean())
            if recall >= _ENOUGH:
                break
        return recall

    def near(self, rows: slice, count: int) -> tuple[Floats, NDArray[np.int64]]:
        """Squared distances in the turned space, which are no larger than real ones, and rows; shape (m, count)."""
        squared, near = self._index.search(self._turned[rows], count)
        return squared, near

    def ranked(self, rows: NDArray[np.int64], count: int) -> tuple[Floats, NDArray[np.int64]]:
        """Squared distances and rows of the `count` nearest of each row, itself too, by their whole vectors.

        Infinite, and -1, where fewer were found.
        """
        wider = min(len(self.vectors), 2 * count + FEW)
        squared = np.full((len(rows), count), np.inf, np.float32)
        nearest = np.full((len(rows), count), -1, np.int64)
        for start in range(0, len(rows), step := max(1, _CELLS // (wider * self.vectors.shape[1]))):
            part = slice(start, start + step)
            near = self._index.search(self._turned[rows[part]], wider)[1]
            off = self.vectors[near] - self.vectors[rows[part], None]
            distances = np.where(near >= 0, np.einsum("ijk,ijk->ij", off, off), np.inf)
            order = np.argsort(distances, axis=1, kind="stable")[:, :count]
            squared[part] = np.take_along_axis(distances, order, 1)
            nearest[part] = np.take_along_axis(near, order, 1)
        return squared, nearest


def candidates(
    vectors: Floats, threshold: float, contents: NDArray[np.int64], enough: Callable[[int], bool]
) -> Candidates:
    """Pairs of different content that may lie within `threshold`; it stops where there are `enough`.

    Args:
        vectors: finite, float32, shape (n, d).
        threshold: Euclidean distance.
        contents: number of each row's content, shape (n,).
        enough: whether so many candidates are more than anybody looks at.
    """
    lists = Lists(vectors)
    recall = lists.tuned(threshold)
    found: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    count = 0
    for start in range(0, len(vectors), BLOCK):
        squared, near = lists.near(slice(start, start + BLOCK), FEW)
        # A little wider, since the turned vectors are rounded, too.
        place, _ = np.nonzero(kept := (near >= 0) & (squared <= 1.001 * threshold**2 + 1e-6))
        one, other = start + place, near[kept]
        pair = np.minimum(one, other) * len(vectors) + np.maximum(one, other)
        found.append(np.unique(pair[contents[one] != contents[other]]))
        count += len(found[-1])
        if enough(count):
            break
    pairs = np.unique(np.concatenate(found))
    return Candidates(np.stack([pairs // len(vectors), pairs % len(vectors)], axis=1), recall)
