"""How large a picture may be before it is refused, and how that is changed: by option, environment or argument."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from dermtools.errors import DermtoolsError, ImageError

PIXELS_VARIABLE, BYTES_VARIABLE = "DERMTOOLS_MAX_PIXELS", "DERMTOOLS_MAX_IMAGE_BYTES"
MAX_PIXELS, MAX_BYTES = 100_000_000, 64 * 1024 * 1024


def limit(variable: str, otherwise: int) -> int:
    """The limit that the environment names, else `otherwise`; a DermtoolsError where that is no number above 0."""
    text = os.environ.get(variable, "").strip()
    try:
        number = int(text) if text else otherwise
    except ValueError:
        number = 0
    if number < 1:
        raise DermtoolsError(f"{variable} is {text[:40]!r}; set it to a whole number of at least 1, e.g. {otherwise}")
    return number


@dataclass(frozen=True)
class ImageLimits:
    """Refuse more than this before decoding. What is not given is what the environment says, else the default.

    Raises:
        ImageError: a limit below 1.
        DermtoolsError: the environment names no number above 0.
    """

    max_bytes: int = field(default_factory=lambda: limit(BYTES_VARIABLE, MAX_BYTES))
    """Size of the encoded picture; environment variable DERMTOOLS_MAX_IMAGE_BYTES, else 64 MiB."""
    max_pixels: int = field(default_factory=lambda: limit(PIXELS_VARIABLE, MAX_PIXELS))
    """Width times height as the file states it, before any reduced decoding; DERMTOOLS_MAX_PIXELS, else 100 million."""

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ImageError(f"{name} is {value!r}; give a whole number of at least 1")

    def check_bytes(self, count: int, label: str) -> None:
        """Refuse an encoded picture that is too large with an ImageError."""
        if count > self.max_bytes:
            raise ImageError(
                f"{label}: {count:,} bytes, more than the {self.max_bytes:,} allowed; save it smaller, or raise "
                f"--max-image-bytes ({BYTES_VARIABLE}, in Python ImageLimits.max_bytes)"
            )


STORED = ImageLimits(MAX_BYTES, MAX_PIXELS)
"""For the small pictures that a case base made itself, whatever limits a user sets on what comes in."""


def check_size(size: tuple[int, int], max_pixels: int, label: str) -> None:
    """Refuse a picture without pixels, or with more than allowed, with an ImageError."""
    width, height = size
    if min(size) < 1:
        raise ImageError(f"{label}: {width} x {height} pixels, nothing to see; export the picture again")
    if width * height > max_pixels:
        raise ImageError(
            f"{label}: {width:,} x {height:,} pixels, more than the {max_pixels:,} allowed; save it smaller, or raise "
            f"--max-pixels ({PIXELS_VARIABLE}, in Python ImageLimits.max_pixels)"
        )
