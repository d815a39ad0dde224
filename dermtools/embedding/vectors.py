"""What every embedder does with rows of numbers: check them, and bring them to norm 1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dermtools.embedding.base import PartialEmbeddingError
from dermtools.errors import EmbeddingError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dermtools.cases.identity import EmbedderIdentity

T = TypeVar("T")
B = TypeVar("B")

NORM_TOLERANCE = 1e-3
"""How far from 1 the norm of a normalised vector may be: what rounding to half precision or four digits costs."""


def l2_normalize(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide every row, shape (..., d), by its Euclidean norm; rows of zeros stay zeros."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(norms > 0, norms, 1.0)


def finished_rows(raw: NDArray[np.generic], *, normalize: bool) -> NDArray[np.float32]:
    """Rows of a model's output, shape (n, d), as float32, finite and of norm 1 if `normalize`.

    Raises as `delivered` for rows that are not finite, or have no direction to normalise.
    """
    rows = np.asarray(raw, dtype=np.float64)
    finite = np.isfinite(rows).all(axis=1, keepdims=True)
    reasons = {int(row): "the model returned a vector with NaN or infinity" for row in np.flatnonzero(~finite)}
    if normalize:
        rows = l2_normalize(np.where(finite, rows, 0.0))
        zero = finite & ~rows.any(axis=1, keepdims=True)
        reasons |= {int(row): "the model returned a vector of zeros" for row in np.flatnonzero(zero)}
    return delivered(rows.astype(np.float32), reasons)


def run_in_batches(
    items: Sequence[T], size: int, run: Callable[[Sequence[T]], NDArray[np.float32]], dimension: int
) -> NDArray[np.float32]:
    """What `run` makes of `size` items at a time, all rows together: shape (n, d), for no item (0, d)."""
    parts = [run(items[start : start + size]) for start in range(0, len(items), size)]
    return np.concatenate(parts) if parts else np.empty((0, dimension), np.float32)


def run_ahead(
    items: Sequence[T],
    size: int,
    ready: Callable[[Sequence[T]], B],
    run: Callable[[B], NDArray[np.float32]],
    dimension: int,
) -> NDArray[np.float32]:
    """As `run_in_batches`, of what `ready` makes of each batch: the next is made ready on a thread while one runs."""
    if len(items) <= size:
        return run_in_batches(items, size, lambda batch: run(ready(batch)), dimension)
    parts = []
    with ThreadPoolExecutor(1, "ready") as pool:
        following = pool.submit(ready, items[:size])
        for start in range(size, len(items) + size, size):
            batch = following.result()
            if start < len(items):
                following = pool.submit(ready, items[start : start + size])
            parts.append(run(batch))
    return np.concatenate(parts)


def delivered(vectors: NDArray[np.float32], reasons: Mapping[int, str]) -> NDArray[np.float32]:
    """`vectors` where no row has a reason to have failed; such rows become NaN.

    Raises:
        PartialEmbeddingError: some rows have a reason.
        EmbeddingError: every row has one.
    """
    if not reasons:
        return vectors
    if len(reasons) == len(vectors):
        first = min(reasons)
        raise EmbeddingError(f"no row of {len(vectors)} could be embedded; row {first}: {reasons[first]}")
    vectors[list(reasons)] = np.nan
    raise PartialEmbeddingError(vectors, reasons)


def checked_vector(values: object, identity: EmbedderIdentity, name: str) -> NDArray[np.float32]:
    """One embedding as somebody gave it, as float32, shape (d,); `name` says what it is in the error.

    Raises:
        QueryError: it is no vector of d finite numbers, or has not the norm 1 of the embedder's vectors.
    """
    try:
        given = np.asarray(values)
    except (ValueError, TypeError):  # a ragged list; a tensor that lies on a GPU
        given = np.array(None)
    if given.dtype.kind not in "fiu":
        raise QueryError(f"{name} must be {identity.dimension} numbers, as an array or a list")
    if given.shape != (identity.dimension,):
        one = "; give one row of it" if given.ndim == 2 and given.shape[1:] == (identity.dimension,) else ""
        raise QueryError(f"{name} has shape {given.shape}, not ({identity.dimension},){one}")
    with np.errstate(over="ignore"):
        vector = given.astype(np.float32)
    if not np.isfinite(vector).all():
        raise QueryError(f"{name} holds NaN or infinity; embed the picture again")
    norm = float(np.linalg.norm(vector.astype(np.float64)))
    if identity.normalized and abs(norm - 1) > NORM_TOLERANCE:
        remedy = "divide it by its norm" if norm > 0 else "embed the picture again"
        raise QueryError(f"{name} has norm {norm:.4g}, and the vectors of {identity.name} have norm 1; {remedy}")
    return vector
