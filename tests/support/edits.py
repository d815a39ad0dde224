"""What is done to a photograph before it is passed on: from recolouring to cutting and turning."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image], Image.Image]


def with_caption(image: Image.Image) -> Image.Image:
    """With a white bar over the lowest twelfth, and words on it."""
    captioned = image.copy()
    draw = ImageDraw.Draw(captioned)
    top = image.height - image.height // 12
    draw.rectangle((0, top, image.width, image.height), fill="white")
    draw.text((4, top + 2), "Figure 3. Basal cell carcinoma of the nose", fill="black")
    return captioned


def cropped(share: float) -> Edit:
    """Without that share of its sides, on each of them."""

    def crop(image: Image.Image) -> Image.Image:
        across, down = round(image.width * share), round(image.height * share)
        return image.crop((across, down, image.width - across, image.height - down))

    return crop


def encoded(scale: float, quality: int) -> Edit:
    """Reduced, and encoded as a poor JPEG."""

    def encode(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.resize((round(image.width * scale), round(image.height * scale))).save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")

    return encode


EDITS: dict[str, Edit] = {
    "mirrored": ImageOps.mirror,
    "quarter turn": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "caption bar": with_caption,
    "15 % darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "10 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "contrast up 20 %": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "grey": ImageOps.grayscale,
    "blurred, 2 pixels": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "half the size, quality 30": encoded(0.5, 30),
    "quality 60": encoded(1, 60),
    "cropped 3 % a side": cropped(0.03),
    "cropped 5 % a side": cropped(0.05),
    "cropped 10 % a side": cropped(0.10),
    "turned 3 degrees": lambda image: image.rotate(3, Image.Resampling.BICUBIC),
    "turned 5 degrees": lambda image: image.rotate(5, Image.Resampling.BICUBIC),
    "turned 10 degrees": lambda image: image.rotate(10, Image.Resampling.BICUBIC),
    "mirrored, cropped 5 % a side": lambda image: cropped(0.05)(ImageOps.mirror(image)),
}
"""Name to edit of an RGB picture."""
