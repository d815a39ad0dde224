"""What a MedImageInsight endpoint is sent, and what it sends back, in every shape that has been seen."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from dermtools.embedding.pixels import fit
from dermtools.embedding.vectors import l2_normalize
from dermtools.errors import EmbeddingError
from dermtools.images import encode_jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

SIDE = 512
JPEG_QUALITY = 95
TOKENS = 77
"""What the text encoder reads of a text, its start and end marks included."""
DIMENSION = 1024
NORM_TOLERANCE = 1e-2
"""The model's vectors have norm 1; servers round them, to half precision at worst."""

Row = tuple[str, str]
"""Base64 of a picture and text; one of them empty."""
Result: TypeAlias = "NDArray[np.float32] | str"
"""Vector of a row, shape (1024,) and norm 1, or why there is none."""


def image_row(image: Image.Image) -> Row:
    """Row of a picture. Raises ImageError where it cannot be encoded."""
    square = fit(image, (SIDE, SIDE), mode="stretch", resample="bicubic")
    return base64.b64encode(encode_jpeg(square, max_side=SIDE, quality=JPEG_QUALITY)).decode("ascii"), ""


def text_row(text: str) -> Row:
    """Row of a text. Raises ValueError where it is empty."""
    if not text.strip():
        raise ValueError("the text is empty")
    return "", text


def request_body(rows: Sequence[Row]) -> bytes:
    """Request for the vectors of `rows`, as JSON."""
    data = {"columns": ["image", "text"], "index": list(range(len(rows))), "data": rows}
    return json.dumps({"input_data": data, "params": {"get_scaling_factor": True}}).encode()


def parts(rows: Sequence[Row], max_bytes: int) -> Iterator[list[Row]]:
    """Consecutive rows, as many at a time as stay below `max_bytes`, at least one."""
    part: list[Row] = []
    used = 0
    for row in rows:
        size = len(row[0]) + len(row[1].encode())
        if part and used + size > max_bytes:
            yield part
            part, used = [], 0
        part.append(row)
        used += size
    if part:
        yield part


def fewest_tokens(text: str) -> int:
    """Lower bound of a text's CLIP tokens: every word, digit and run of other signs is at least one."""
    return len(re.findall(r"[^\W\d_]+|\d|[^\s\w]+", text)) + 2


def read_reply(reply: object, *, rows: int, field: str) -> tuple[list[Result], float | None]:
    """Results of `rows` rows, in order, and the scaling factor, from a decoded reply.

    That is a list of one object a row; for one row it may be bare. An EmbeddingError where it is no such list, or has
    another number of rows, so that none can be told apart.
    """
    entries = [reply] if isinstance(reply, dict) else reply
    if not isinstance(entries, list):
        raise EmbeddingError(f"MedImageInsight replied with {type(reply).__name__}, not a list of rows")
    if len(entries) != rows:
        raise EmbeddingError(f"MedImageInsight replied with {len(entries)} rows to a request of {rows}")
    factors = [_scalar(entry.get("scaling_factor")) for entry in entries if isinstance(entry, dict)]
    factor = next((factor for factor in factors if factor is not None), None)
    return [_vector(entry, field) for entry in entries], factor


def _vector(entry: object, field: str) -> Result:
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
