"""How much a picture may take before it is refused, and how that is changed: by option, environment or argument."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from dermtools.errors import DermtoolsError, ImageError
from dermtools.numbers import plain

PIXELS_VARIABLE, BYTES_VARIABLE = "DERMTOOLS_MAX_PIXELS", "DERMTOOLS_MAX_IMAGE_BYTES"
SECONDS_VARIABLE, MEMORY_VARIABLE = "DERMTOOLS_MAX_DECODING_SECONDS", "DERMTOOLS_MAX_DECODING_BYTES"
MAX_PIXELS, MAX_BYTES = 100_000_000, 64 * 1024 * 1024
MAX_SCANS = 100
"""Of a progressive JPEG, each of which is a pass over all pixels; ten or so are usual, libtiff too stops at 100."""


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
class WorkerLimits:
    """Of one decoding in a process of its own, which is ended beyond them. Not given: as the environment says.

    Raises:
        DermtoolsError: the environment names no number above 0.
    """

    seconds: float = field(default_factory=lambda: limit(SECONDS_VARIABLE, 5))
    """By the clock, without waiting for a free process; DERMTOOLS_MAX_DECODING_SECONDS, else 5."""
    memory: int = field(default_factory=lambda: limit(MEMORY_VARIABLE, 440_000_000))
    """Bytes of its data, where the system bounds them (Linux); DERMTOOLS_MAX_DECODING_BYTES, else 440 million.

    With the libraries that it has loaded, its resident memory then stays below 500 MB.
    """


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
    worker: WorkerLimits | None = None
    """Decode in a process of its own under these limits, for pictures that nobody vouches for; else in this process."""

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels"):
            value = plain(getattr(self, name))
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ImageError(f"{name} is {value!r}; give a whole number of at least 1")
            object.__setattr__(self, name, value)

    def check_bytes(self, count: int, label: str) -> None:
        """Refuse an encoded picture that is too large with an ImageError."""
        if count > self.max_bytes:
            raise ImageError(
                f"{label}: {count:,} bytes, more than the {self.max_bytes:,} allowed; save it smaller, or raise "
                f"--max-image-bytes ({BYTES_VARIABLE}, in Python ImageLimits.max_bytes)"
            )


STORED = ImageLimits(MAX_BYTES, MAX_PIXELS)
"""For the small pictures that a case base made itself, whatever limits a user sets on what comes in."""


@dataclass(frozen=True)
class Ceiling:
    """What decoding may come to, by what the file states; each check raises an ImageError that names it by `label`."""

    max_pixels: int
    label: str

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse a picture without pixels, or with more than allowed."""
        width, height = size
        if min(size) < 1:
            raise ImageError(f"{self.label}: {width} x {height} pixels, nothing to see; export the picture again")
        if width * height > self.max_pixels:
            raise self._beyond(f"{width:,} x {height:,} pixels, more than the {self.max_pixels:,} allowed")

    def check_unpacked(self, count: int) -> None:
        """Refuse more than 8 bytes a pixel (four samples of 16 bits) for the largest picture allowed."""
        if count > (most := 8 * self.max_pixels):
            raise self._beyond(f"{count:,} bytes or more once unpacked, above the {most:,} allowed")

    def check_scans(self, scans: int, size: tuple[int, int]) -> None:
        """Refuse a JPEG of more than `MAX_SCANS` scans, or whose scans together pass over too many pixels."""
        if scans > MAX_SCANS:
            raise ImageError(
                f"{self.label}: a JPEG of {scans:,} scans, more than the {MAX_SCANS} allowed; save it again"
            )
        if scans > 1 and scans * size[0] * size[1] > 20 * self.max_pixels:
            raise self._beyond(f"{scans} scans of {size[0]:,} x {size[1]:,} pixels, more work than allowed")

    def _beyond(self, what: str) -> ImageError:
        option = f"--max-pixels ({PIXELS_VARIABLE}, in Python ImageLimits.max_pixels)"
        return ImageError(f"{self.label}: {what}; save it smaller, or raise {option}")
