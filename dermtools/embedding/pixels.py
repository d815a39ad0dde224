"""Bringing a picture to the size that a model reads."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageOps

from dermtools.images import open_image

ResizeMode = Literal["stretch", "crop", "pad"]
ResampleFilter = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def fit(image: Image.Image, size: tuple[int, int], *, mode: ResizeMode, resample: ResampleFilter) -> Image.Image:
    """RGB picture of exactly `size` (height, width), from a picture of any mode.

    `stretch` ignores the aspect ratio; `crop` fills `size` and cuts the sides off around the centre; `pad` fits
    inside `size` and fills the rest with black.
    """
    height, width = size
    rgb = image if image.mode == "RGB" else open_image(image)
    method = Image.Resampling[resample.upper()]
    if mode == "stretch":
        return rgb.resize((width, height), method)
    return (ImageOps.fit if mode == "crop" else ImageOps.pad)(rgb, (width, height), method)
