"""Pictures that objects in memory hold: encoded when they are needed, one at a time, and not kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from dermtools.cases.sources.picture_cells import content_id, read_picture_cell
from dermtools.errors import ImageError
from dermtools.images import open_image, read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Held:
    """A picture somewhere in memory, or in a file that an object reads; calling it gives the encoded picture."""

    where: str
    """Row and column, for an error."""
    get: Callable[[], object] = field(repr=False)
    """Gives a Pillow picture, an array, bytes, a path, or an object with `bytes` and `path`."""

    def __call__(self) -> bytes:
        """The encoded picture: bytes as they are, pixels as PNG, which loses nothing.

        Raises:
            ImageError: it is no picture, or its file cannot be read.
        """
        picture = self.get()
        if isinstance(picture, Image.Image):
            return _png(open_image(picture, name=self.where))
        if hasattr(picture, "__array__"):
            return _png(self._pixels(picture))
        try:
            cell = read_picture_cell(picture)
        except ValueError as error:
            raise ImageError(f"{self.where} {error}") from error
        if cell.data is None and not cell.name:
            raise ImageError(f"{self.where} has no picture")
        return read_bytes(Path(cell.name)) if cell.data is None else cell.data

    @property
    def named(self) -> str:
        """What names a case that has no other id. A ValueError where it is no picture."""
        picture = self.get()
        if isinstance(picture, dict) and (name := read_picture_cell(picture)).name:
            return name.fallback_id
        try:
            return content_id(self())
        except ImageError as error:
            raise ValueError(str(error).removeprefix(f"{self.where} ")) from error

    def _pixels(self, picture: Any) -> Image.Image:
        import numpy as np

        pixels: NDArray[np.generic] = np.asarray(picture)
        grey_or_colour = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in _CHANNELS)
        if pixels.dtype != np.uint8 or not grey_or_colour or 0 in pixels.shape:
            wanted = "give uint8 from 0 to 255, of shape (height, width) or (height, width, 3)"
            raise ImageError(f"{self.where} is an array of {pixels.dtype}, shape {pixels.shape}, no picture; {wanted}")
        return open_image(Image.fromarray(pixels.squeeze(2) if pixels.shape[2:] == (1,) else pixels), name=self.where)


def _png(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()
