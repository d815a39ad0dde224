"""Reading what a MedImageInsight endpoint sends back, in every shape that has been seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dermtools.embedding.vectors import l2_normalize
from dermtools.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSION = 1024

NORM_TOLERANCE = 1e-2
"""The model's vectors have norm 1; servers round them, to half precision at worst."""


@dataclass(frozen=True)
class Reply:
    """Rows of one reply, in order: a vector of shape (1024,) and norm 1, or why there is none."""

    rows: tuple[NDArray[np.float32] | str, ...]
    scaling_factor: float | None


def read_reply(reply: object, *, rows: int, field: str) -> Reply:
    """Take the vectors out of a decoded reply.

    Args:
        reply: a list with one object a row; for a single row the bare object too.
        rows: how many rows were sent.
        field: `image_features` or `text_features`.

    Raises:
        EmbeddingError: not such a list, or another number of rows, so that none can be told apart.
    """
    entries = [reply] if isinstance(reply, dict) else reply
    if not isinstance(entries, list):
        raise EmbeddingError(f"MedImageInsight replied with {type(reply).__name__}, not a list of rows")
    if len(entries) != rows:
        raise EmbeddingError(f"MedImageInsight replied with {len(entries)} rows to a request of {rows}")
    factors = [_scalar(entry.get("scaling_factor")) for entry in entries if isinstance(entry, dict)]
    return Reply(
        rows=tuple(_vector(entry, field) for entry in entries),
        scaling_factor=next((factor for factor in factors if factor is not None), None),
    )


def _vector(entry: object, field: str) -> NDArray[np.float32] | str:
    if not isinstance(entry, dict):
        return f"the reply's row is {type(entry).__name__}, not an object"
    if entry.get(field) is None:
        return f"the reply's row has no {field}"
    try:
        values = np.asarray(entry[field], dtype=np.float64)
    except (ValueError, TypeError):
        return f"{field} is not a list of numbers"
    if values.shape == (1, DIMENSION):
        values = values[0]
    if values.shape != (DIMENSION,):
        return f"{field} has shape {values.shape}, not ({DIMENSION},)"
    if not np.isfinite(values).all():
        return f"{field} holds NaN or infinity"
    norm = float(np.linalg.norm(values))
    if abs(norm - 1) > NORM_TOLERANCE:
        return f"{field} has norm {norm:.4g}, not 1"
    return l2_normalize(values).astype(np.float32)


def _scalar(value: object) -> float | None:
    """A finite number, bare or alone in a list; else None."""
    if isinstance(value, list) and len(value) == 1:
        return _scalar(value[0])
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
