"""Pixels of any mode, with any ICC profile, to 8-bit RGB in sRGB on white."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageChops, ImageCms

from dermtools.images.colour_tags import profile_of_info

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image, *, may_keep: bool = False) -> Image.Image:
    """A new RGB picture without metadata: profile converted, transparency laid on white, depth brought to 8 bits.

    Where nothing is to be done and it `may_keep` it, the picture itself, which spares a copy of its pixels.

    Raises whatever Pillow raises for pixels that it cannot convert; the caller names the picture.
    """
    profile = profile_of_info(image.info)
    if image.mode.startswith("I") or image.mode == "F":
        image = _grey_to_8_bit(image)
    colours, alpha = _without_alpha(image)
    rgb = _convert(colours, profile)
    if alpha is not None:
        rgb.paste("white", mask=ImageChops.invert(alpha))
    elif rgb is image and not may_keep:
        rgb = rgb.copy()
    rgb.info = {}
    return rgb


def scale_to_8_bit(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Map `low`..`high` to 0..255, rounded, what lies outside clipped and what is not a number 0."""
    span = high - low if high > low else 1.0
    scaled = np.empty(values.shape, np.uint8)
    step = max(1, (1 << 22) // max(1, values[:1].size))  # rows at a time: a picture may have a hundred million values
    for start in range(0, len(values), step):
        part = np.nan_to_num(values[start : start + step].astype(np.float64), nan=low, posinf=high, neginf=low)
        scaled[start : start + step] = np.clip(np.rint((part - low) * (255.0 / span)), 0, 255)
    return scaled


def nominal_range(values: NDArray[Any], largest: float = 65535.0) -> tuple[float, float]:
    """Black and white of grey that does not state them: 32-bit integers and floats.

    Zero to the smallest of 1 (floats), 255, 65535 and `largest` (integers) that holds the values, else their minimum
    to maximum. Floats may overshoot, as resampling makes them, by as much as 1 above and a quarter below.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if values.dtype.kind == "f":
        white = next((top for top in (1.0, 255.0, 65535.0) if high <= top + 1), high)
        return (0.0, white) if low >= -high / 4 else (low, high)
    return (0.0, next((top for top in (255.0, 65535.0, largest) if high <= top), high)) if low >= 0 else (low, high)


def _grey_to_8_bit(image: Image.Image) -> Image.Image:
    """Grey deeper than 8 bits to `L` (`LA` where one value means transparent); 16-bit modes keep their full range."""
    values = np.asarray(image)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else nominal_range(values)
    grey = Image.fromarray(scale_to_8_bit(values, low, high))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        alpha = np.where(values == transparent, 0, 255).astype(np.uint8)
        grey = Image.merge("LA", (grey, Image.fromarray(alpha)))
    return grey


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours in a mode without transparency, and the alpha channel where there is one."""
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode == "LA":
        return image.getchannel("L"), image.getchannel("A")
    if image.mode == "RGB" and max(np.ravel(image.info.get("transparency", 0))) > 255:
        # The transparent colour of a 16-bit picture, of which only the high bytes were kept: no longer decidable.
        return image, None
    if image.has_transparency_data:
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode not in {"RGB", "L", "CMYK", "LAB"}:
        return image.convert("L" if image.mode == "1" else "RGB"), None
    return image, None


def _convert(image: Image.Image, profile: bytes | None) -> Image.Image:
    transform = _transform_to_srgb(profile, image.mode) if profile else None
    if transform is None and image.mode == "L" and profile:
        image, transform = image.convert("RGB"), _transform_to_srgb(profile, "RGB")
    if transform is None and image.mode == "LAB":
        transform = _lab_to_srgb()
    converted = image if transform is None else transform.apply(image)
    assert converted is not None  # only in-place transforms return nothing
    return converted if converted.mode == "RGB" else converted.convert("RGB")


@lru_cache(maxsize=32)
def _transform_to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Transform from an ICC profile to sRGB; None where it is broken, for another mode, or changes nothing.

    Perceptual intent, as cameras and browsers do. A transform is shared by threads: LittleCMS keeps no state in it.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _MODE_OF_SPACE.get(source.profile.xcolor_space.strip()) != mode:
            return None
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if mode == "RGB" and _is_identity(transform) else transform


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no colour of a coarse grid moves by more than 2 of 255 steps, as with sRGB itself."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(transform.apply(Image.fromarray(grid)), dtype=np.int16)
    return bool(np.abs(moved - grid).max() <= 2)


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
