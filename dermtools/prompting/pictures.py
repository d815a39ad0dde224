"""Pictures on their way into a prompt: small enough, clean, and not encoded again without need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.errors import PromptError
from dermtools.images import STORED_SIDE, encode_jpeg, jpeg_size, open_image
from dermtools.images.limits import STORED
from dermtools.numbers import whole_number
from dermtools.prompting.files.compile import Detail

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class PictureBudget:
    """What one picture may take.

    Args:
        max_side: longest side in pixels.
        quality: JPEG quality (1 to 95) where a picture has to be encoded.
        detail: OpenAI's `detail`: `low` has a low fixed price, `high` shows more, `auto` leaves it to the service.

    Raises:
        PromptError: a value out of bounds.
    """

    max_side: int = STORED_SIDE
    quality: int = 90
    detail: Detail = "auto"

    def __post_init__(self) -> None:
        for name in ("max_side", "quality"):
            object.__setattr__(self, name, whole_number(getattr(self, name), name, error=PromptError))
        if not 32 <= self.max_side <= 4096:
            raise PromptError(f"a picture's longest side must be 32 to 4096 pixels, not {self.max_side}")
        if not 1 <= self.quality <= 95:
            raise PromptError(f"JPEG quality must be 1 to 95, not {self.quality}")
        if self.detail not in ("auto", "low", "high"):
            raise PromptError(f"detail must be auto, low or high, not {self.detail!r}")

    def fit_stored(self, jpeg: bytes) -> bytes:
        """A clean stored JPEG: itself where it fits, else a smaller one."""
        if max(jpeg_size(jpeg)) <= self.max_side:
            return jpeg
        return self.encode(open_image(jpeg, min_side=self.max_side, limits=STORED))

    def encode(self, image: Image.Image) -> bytes:
        """A fresh JPEG of a picture, without metadata, within the budget."""
        return encode_jpeg(image, max_side=self.max_side, quality=self.quality)


DEFAULT_BUDGET = PictureBudget()
