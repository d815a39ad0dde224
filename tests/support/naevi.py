"""Drawn spots on skin: all of one shape, each with a texture of its own."""

from __future__ import annotations

import numpy as np
from PIL import Image


def naevus(seed: int, side: int = 256) -> Image.Image:
    """A dark round spot in the middle of light skin, with texture of its own: nearly the same shape for every seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side - 0.5
    radius = 0.25 * (1 + 0.05 * rng.standard_normal())
    spot = 90 / (1 + np.exp((np.hypot(x, y) - radius) * 25))
    levels = 190 - spot + texture(rng, side)
    return Image.fromarray(np.stack([levels, levels * 0.8, levels * 0.7], axis=2).clip(0, 255).astype(np.uint8))


def texture(rng: np.random.Generator, side: int) -> np.ndarray:
    coarse = Image.fromarray(rng.normal(0, 1, (40, 40)).astype(np.float32))
    return 12 * np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
