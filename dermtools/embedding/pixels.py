"""Bringing a picture to the size that a model reads."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageOps

from dermtools.images import open_image

ResizeMode = Literal["stretch", "crop", "pad"]
ResampleFilter = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def fit(image: Image.Image, size: tuple[int, int], *, mode: ResizeMode, resample: ResampleFilter) -> Image.Image:
    """RGB picture of exactly `size` (height, width).

    Args:
        image: any mode; a picture that is not RGB is brought to it as `images.open_image` does.
        size: height and width in pixels.
        mode: `stretch` ignores the aspect ratio; `crop` fills `size` and cuts the sides off around the
            centre; `pad` fits inside `size` and fills the rest with black.
        resample: name of a Pillow filter.
    """
    height, width = size
    rgb = image if image.mode == "RGB" else open_image(image)
    method = Image.Resampling[resample.upper()]
    if mode == "stretch":
        return rgb.resize((width, height), method)
    if mode == "crop":
        return ImageOps.fit(rgb, (width, height), method)
    return ImageOps.pad(rgb, (width, height), method, color=(0, 0, 0))
