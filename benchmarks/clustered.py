"""Vectors that lie as embeddings of photographs do, as many as wanted; and isotropic ones, where no index helps.

Random unit vectors have no near and far: every case is about as far from a query as every other, and an approximate
index that works on real embeddings fails on them. Measured on 601 wound photographs by MedImageInsight and 677 skin
lesions by two networks (EfficientNet-Lite0, MobileNet), each brought to norm 1:

    a mean of norm 0.70 to 0.79; 80 % of the variance in 45 to 95 directions, eigenvalues falling as rank^-1.1 to -1.3;
    the nearest case of another patient at 0.64 to 0.70 of the median distance; a local intrinsic dimension of 17 to 22
    over 20 neighbours; pictures of one patient at 0.55 to 0.85 of the median distance.

`python -m benchmarks.clustered` prints the same figures of as many drawn ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.lib.format import open_memmap

GROUPS_A_CHUNK = 3_000
KINDS = 512
"""Kinds of picture: a disease at a site, by a camera. Their shares fall as 1 / rank^0.8."""
DECAY = 1.15
"""Variance along direction i falls as i to the minus this, between kinds, patients and pictures alike."""
MEAN = 0.75
BETWEEN_KINDS, BETWEEN_PATIENTS, WITHIN_PATIENTS = 0.35, 0.25, 0.40
"""Shares of the variance."""


class Vectors(Protocol):
    """A population from which samples are drawn, each the same whenever it is drawn again."""

    dimension: int

    def chunks(self, count: int, *, sample: int = 0, per_group: int = 3) -> Iterator[np.ndarray]:
        """`count` unit vectors, float32, shape (m, d) a chunk; rows i * per_group and on are one patient's."""


class Clustered:
    """Kinds, patients of a kind, and pictures of a patient; see above."""

    def __init__(self, dimension: int = 1024, seed: int = 0) -> None:
        rng = np.random.default_rng([seed, dimension])
        self.dimension, self._seed = dimension, seed
        self._turn = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0].astype(np.float32)
        spread = np.arange(1, dimension + 1) ** -DECAY
        self._deviation = np.sqrt((1 - MEAN**2) * spread / spread.sum()).astype(np.float32)
        mean = rng.standard_normal(dimension)
        self._mean = (MEAN * mean / np.linalg.norm(mean)).astype(np.float32)
        self._kinds = rng.standard_normal((KINDS, dimension), np.float32) * BETWEEN_KINDS**0.5
        # Some kinds are all alike and some are a mixed lot: density differs from place to place.
        self._looseness = rng.lognormal(-0.08, 0.4, KINDS).astype(np.float32)
        shares = np.arange(1, KINDS + 1) ** -0.8
        self._shares = shares / shares.sum()

    def chunks(self, count: int, *, sample: int = 0, per_group: int = 3) -> Iterator[np.ndarray]:
        for number, (groups, rows) in enumerate(_parts(count, per_group)):
            rng = np.random.default_rng([self._seed, self.dimension, sample, number])
            kind = rng.choice(KINDS, groups, p=self._shares)
            patients = rng.standard_normal((groups, self.dimension), np.float32) * BETWEEN_PATIENTS**0.5
            patients *= self._looseness[kind, None]
            patients += self._kinds[kind]
            group = np.arange(rows) // per_group
            pictures = rng.standard_normal((rows, self.dimension), np.float32) * WITHIN_PATIENTS**0.5
            pictures *= self._looseness[kind[group], None]
            pictures += patients[group]
            pictures *= self._deviation
            yield _unit(pictures @ self._turn + self._mean)


class Isotropic:
    """Every direction alike: the worst that an index can meet."""

    def __init__(self, dimension: int = 1024, seed: int = 0) -> None:
        self.dimension, self._seed = dimension, seed

    def chunks(self, count: int, *, sample: int = 0, per_group: int = 3) -> Iterator[np.ndarray]:
        for number, (_, rows) in enumerate(_parts(count, per_group)):
            rng = np.random.default_rng([self._seed, self.dimension, sample, number])
            yield _unit(rng.standard_normal((rows, self.dimension), np.float32))


def drawn(vectors: Vectors, count: int, *, sample: int = 0, per_group: int = 3) -> np.ndarray:
    """A sample in memory, float32, shape (count, d)."""
    return np.concatenate(list(vectors.chunks(count, sample=sample, per_group=per_group)))


def written(path: Path, vectors: Vectors, count: int, *, sample: int = 0, per_group: int = 3) -> np.ndarray:
    """A sample in an .npy file, written a chunk at a time; returns it memory-mapped."""
    file = open_memmap(path, mode="w+", dtype=np.float32, shape=(count, vectors.dimension))
    start = 0
    for chunk in vectors.chunks(count, sample=sample, per_group=per_group):
        file[start : start + len(chunk)] = chunk
        start += len(chunk)
    file.flush()
    return file


def _parts(count: int, per_group: int) -> Iterator[tuple[int, int]]:
    """Groups and rows of each chunk."""
    most = GROUPS_A_CHUNK * per_group
    for start in range(0, count, most):
        rows = min(most, count - start)
        yield -(-rows // per_group), rows


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def figures(vectors: np.ndarray, groups: np.ndarray, neighbours: int = 20) -> dict[str, float]:
    """What is said above of a sample of at most some thousand vectors, shape (n, d); Levina and Bickel's dimension."""
    values = np.linalg.eigvalsh(np.cov(vectors.T.astype(np.float64)))[::-1].clip(0)
    share = values.cumsum() / values.sum()
    distances = np.sqrt((2 - 2 * vectors.astype(np.float64) @ vectors.T).clip(0))
    np.fill_diagonal(distances, np.inf)
    same = groups[:, None] == groups
    others = np.sort(np.where(same, np.inf, distances), axis=1)
    median = float(np.median(others[np.isfinite(others)]))
    near = others[:, :neighbours]
    dimensions = 1 / np.log(near[:, -1:] / near[:, :-1].clip(1e-9)).mean(axis=1)
    return {
        "norm of the mean": float(np.linalg.norm(vectors.mean(axis=0))),
        "directions of 80 % of the variance": int((share < 0.8).sum()) + 1,
        "decay of eigenvalues 2 to 150": -np.polyfit(np.log(np.arange(2, 150)), np.log(values[1:149]), 1)[0],
        "nearest of others / median": float(np.median(others[:, 0])) / median,
        "local dimension": float(np.median(dimensions)),
        "same patient / median": float(np.median(distances[same & np.isfinite(distances)])) / median,
    }


if __name__ == "__main__":
    for population in (Clustered(), Isotropic()):
        print(type(population).__name__)
        for name, value in figures(drawn(population, 650, per_group=2), np.arange(650) // 2).items():
            print(f"  {name}: {value:.3g}")
