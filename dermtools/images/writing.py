"""Writing drawn into a picture: found by text recognition (extra `ocr`), read, and painted over.

It warns; it promises nothing. What is too small, blurred or handwritten is missed.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any
from unicodedata import normalize

import numpy as np
from PIL import Image, ImageDraw

from dermtools.errors import MissingExtraError, require_extra
from dermtools.text import one_line

READ_SIDE = 1600
"""Longest side, in pixels, at which a picture is read; a larger one is reduced."""
LEAST_SCORE = 0.6
"""Of a line's reading, from 0 to 1: below it are patterns of the skin taken for signs."""
THREADS = 2
"""Of the recogniser, however many callers wait for it."""

WITHOUT = (3, 13)
"""Python from which on there is no package of the recogniser, as of rapidocr-onnxruntime 1.4.4."""

_LEAST_CHARACTERS = 2
"""Letters and digits of a line; fewer are mostly hairs and highlights taken for a sign."""
_UNITS = frozenset(("mm", "cm", "in", "inch", "m", "um", "µm", "μm", "x"))
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_COUNTED = "".join(map(str, range(31)))
_lock = threading.Lock()


@dataclass(frozen=True)
class WrittenLine:
    """One line of writing in a picture."""

    text: str
    """As it was read; may be wrong, and comes from outside."""
    corners: tuple[tuple[float, float], ...]
    """Of the four-sided box around it: x and y as shares of the picture's width and height."""


def read_writing(image: Image.Image) -> tuple[WrittenLine, ...]:
    """Lines of writing in an upright RGB picture, rulers and scale marks apart. Safe for threads, one at a time.

    Raises:
        MissingExtraError: the extra `ocr` is not installed.
    """
    if max(image.size) > READ_SIDE:
        image = image.copy()
        image.thumbnail((READ_SIDE, READ_SIDE), reducing_gap=3.0)
    pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]  # it takes blue first
    with _lock:
        found, _ = recogniser()(pixels)
    lines = [
        WrittenLine(one_line(text), tuple((x / image.width, y / image.height) for x, y in box))
        for box, text, _ in found or ()
    ]
    return tuple(line for line in lines if sum(map(str.isalnum, line.text)) >= _LEAST_CHARACTERS and not _scale(line))


def paint_over(image: Image.Image, lines: Sequence[WrittenLine]) -> Image.Image:
    """A copy of the picture with the boxes of the lines filled, each with the median colour inside it."""
    painted = image.copy()
    draw = ImageDraw.Draw(painted)
    for line in lines:
        corners = [(x * image.width, y * image.height) for x, y in line.corners]
        left, top = (max(0, int(min(axis))) for axis in zip(*corners, strict=True))
        right, bottom = (int(max(axis)) + 1 for axis in zip(*corners, strict=True))
        inside = np.asarray(image.crop((left, top, min(right, image.width), min(bottom, image.height))))
        colour = tuple(map(int, np.median(inside.reshape(-1, 3), axis=0)))
        margin = max(1, round((bottom - top) * 0.15))  # strokes and their JPEG halo reach beyond the box
        draw.polygon(corners, fill=colour, outline=colour, width=margin)
    return painted


@cache
def recogniser() -> Any:
    """RapidOCR with the models in its package, loaded once. Raises MissingExtraError."""
    if sys.version_info >= WITHOUT and find_spec("rapidocr_onnxruntime") is None:
        here = ".".join(map(str, sys.version_info[:2]))
        raise MissingExtraError(f"rapidocr_onnxruntime has no package for Python {here}; use Python 3.11 or 3.12")
    try:
        engine = require_extra("rapidocr_onnxruntime", "ocr").RapidOCR
    except ImportError as error:  # OpenCV is there, and a library of the system that it needs is not
        reason = f"text recognition cannot be loaded ({one_line(str(error))})"
        raise MissingExtraError(
            f"{reason}; install what it names, or opencv-python-headless for opencv-python"
        ) from error
    return engine(text_score=LEAST_SCORE, intra_op_num_threads=THREADS, inter_op_num_threads=1)


def _scale(line: WrittenLine) -> bool:
    """Whether a line is a ruler's or scale bar's: units, and numbers of at most three digits that rise."""
    parts = _PARTS.findall(normalize("NFKC", line.text).casefold())
    numbers = [part for part in parts if part.isdecimal()]
    if len(parts) - len(numbers) != sum(part in _UNITS for part in parts):
        return False
    if len(numbers) == 1 and numbers[0] in _COUNTED and (numbers[0].startswith("01") or len(parts) > 1):
        return True  # a ruler's numbers, read as one
    rising = all(int(one) < int(other) for one, other in pairwise(numbers))
    return rising and all(len(number) <= 3 for number in numbers)
