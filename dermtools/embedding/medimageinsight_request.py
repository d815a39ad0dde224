"""Writing what a MedImageInsight endpoint is sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dermtools.embedding.pixels import fit
from dermtools.images import encode_jpeg

if TYPE_CHECKING:
    from PIL import Image

SIDE = 512
JPEG_QUALITY = 95
TOKENS = 77
"""What the text encoder reads of a text, its start and end marks included."""

Row = tuple[str, str]
"""Base64 of a picture and text; one of them empty."""


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
