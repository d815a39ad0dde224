"""Drawn lesions: five morphologies, honest names, no claim to be any disease."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dermtools.cases.sources.sample.drawing import SIDE, Array, Point, noise, paint, soften, tint


@dataclass(frozen=True)
class Patch:
    """The piece of skin around a lesion, on which it is drawn in place.

    `x` and `y` are offsets from the lesion's centre in units of its size, turned with the body.
    """

    skin: Array  # view of the picture, shape (3, h, w)
    x: Array  # shape (h, w)
    y: Array
    size: float  # pixels
    darkness: float  # of the skin, 0 to 1: on dark skin redness looks dusky

    def noise(self, rng: np.random.Generator, grain: float) -> Array:
        """Smooth noise with spots of `grain` times the lesion's size."""
        return noise(rng, max(3.0, grain * self.size), self.x.shape)


def add_lesion(
    skin: Array, label: str, rng: np.random.Generator, centre: Point, size: float, turn: float, darkness: float
) -> Array:
    """Draw a lesion on skin of shape (3, SIDE, SIDE), colours 0 to 1, in place; `rng` gives it its form.

    `centre` and `size`, roughly the radius, are in pixels; the body is turned by `turn` radians. Returns the height
    that the lesion adds, about 0 to 1, shape (SIDE, SIDE).
    """
    reach = 2.4 * size
    rows, columns = (slice(max(0, int(at - reach)), min(SIDE, int(at + reach))) for at in (centre[1], centre[0]))
    y, x = np.mgrid[rows, columns].astype(np.float32)
    x, y = (x - np.float32(centre[0])) / np.float32(size), (y - np.float32(centre[1])) / np.float32(size)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    height = np.zeros((SIDE, SIDE), np.float32)
    patch = Patch(skin[:, rows, columns], x * cos + y * sin, y * cos - x * sin, size, darkness)
    height[rows, columns] = LESIONS[label](patch, rng)
    return height


def _distance(patch: Patch, rng: np.random.Generator, radius: float, roughness: float) -> Array:
    """Distance from the centre in radii, bent so that the line at 1 is an irregular border."""
    stretch, turn = rng.uniform(0.78, 1.0), rng.uniform(0, np.pi)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    u, v = patch.x * cos + patch.y * sin, (patch.y * cos - patch.x * sin) / np.float32(stretch)
    angle = np.arctan2(v, u)
    border: Array = np.ones_like(angle)
    for wave in range(2, 10):
        depth, start = roughness * rng.normal() / (wave + 1), rng.uniform(0, 2 * np.pi)
        border += np.float32(depth) * np.cos(wave * angle + np.float32(start))
    distance: Array = np.hypot(u, v) / (np.float32(radius) * border)
    return distance + np.float32(0.25 * roughness) * patch.noise(rng, 0.25)


def _inside(distance: Array, edge: float) -> Array:
    """1 inside, 0 outside, over an edge of that many radii."""
    t: Array = np.clip((1 - distance) / np.float32(edge) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def _dome(distance: Array) -> Array:
    return np.sqrt(np.clip(1 - distance**2, 0, 1))


def _nevus(patch: Patch, rng: np.random.Generator) -> Array:
    """Small, dark brown, well bordered, slightly raised."""
    distance = _distance(patch, rng, 0.5, 0.16)
    mask = _inside(distance, 0.28)
    network = np.clip(0.5 + 0.3 * patch.noise(rng, 0.08), 0, 1)
    tint(patch.skin, mask, (0.50, 0.37, 0.30))
    tint(patch.skin, mask * network * np.clip(1.15 - distance, 0, 1), (0.52, 0.45, 0.42))
    return mask * _dome(distance) * np.float32(0.9)


def _macule(patch: Patch, rng: np.random.Generator) -> Array:
    """Large, flat, evenly light brown, uneven border."""
    distance = _distance(patch, rng, 1.2, 0.25)
    tint(patch.skin, _inside(distance, 0.12) * (1 + 0.06 * patch.noise(rng, 0.4)), (0.79, 0.67, 0.57))
    return np.zeros_like(distance)


def _plaque(patch: Patch, rng: np.random.Generator) -> Array:
    """Broad, raised, red (dusky on dark skin), with silvery scale."""
    distance, dark = _distance(patch, rng, 1.15, 0.22), patch.darkness
    mask = _inside(distance, 0.14)
    tint(patch.skin, _inside(distance * np.float32(0.86), 0.35), (0.98, 0.88, 0.88))
    tint(patch.skin, mask, (0.92 - 0.16 * dark, 0.57 + 0.06 * dark, 0.57 + 0.16 * dark))
    flakes: Array = np.clip(1.2 * patch.noise(rng, 0.1) + 0.9 * patch.noise(rng, 0.33) - 0.35, 0, 1)
    scale = np.clip(mask * flakes * np.clip(1.15 - distance, 0, 1) * 1.6, 0, 1)
    paint(patch.skin, scale, (0.90, 0.87, 0.85), 0.60 - 0.15 * dark)
    return mask * (0.45 + 0.35 * flakes)


def _vesicles(patch: Patch, rng: np.random.Generator) -> Array:
    """Grouped small clear domes on a red ground."""
    count = int(rng.integers(9, 16))
    reaches, angles = 0.95 * np.sqrt(rng.uniform(0, 1, count)), rng.uniform(0, 2 * np.pi, count)
    radii = rng.uniform(0.12, 0.22, count)
    ground = _inside(_distance(patch, rng, 1.1, 0.3), 0.7)
    tint(patch.skin, ground, (0.97 - 0.1 * patch.darkness, 0.68, 0.70))
    height = np.zeros_like(patch.x)
    for reach, angle, radius in zip(reaches, angles, radii, strict=True):
        x, y = patch.x - np.float32(reach * np.cos(angle)), patch.y - np.float32(reach * np.sin(angle))
        distance = np.hypot(x, y) / np.float32(radius)
        dome = _inside(distance, 0.25)
        paint(patch.skin, dome, (0.93, 0.80, 0.66), 0.34)
        tint(patch.skin, _inside(np.abs(distance - 1) + np.float32(0.72), 0.4), (0.88, 0.66, 0.66))
        glint = np.hypot(x / np.float32(radius) + np.float32(0.35), y / np.float32(radius) + np.float32(0.4)) * 4
        paint(patch.skin, _inside(glint, 0.9), (1.0, 0.98, 0.95), 0.62)
        height = np.maximum(height, dome * _dome(distance))
    return height


def _ulcer(patch: Patch, rng: np.random.Generator) -> Array:
    """Sunken, moist, red and yellowish ground within a raised dark border."""
    distance = _distance(patch, rng, 0.95, 0.2)
    tint(patch.skin, _inside(distance * np.float32(0.68), 0.55), (0.93 - 0.12 * patch.darkness, 0.74, 0.74))
    rim = _inside(np.abs(distance - np.float32(1.02)) + np.float32(0.80), 0.34)
    tint(patch.skin, rim, (0.72, 0.54, 0.52))
    ground = _inside(distance, 0.12)
    slough = np.clip(0.32 + 0.42 * patch.noise(rng, 0.3), 0, 1)
    uneven = 1 + 0.09 * patch.noise(rng, 0.1)
    colours = zip((0.76, 0.64, 0.44), (0.57, 0.19, 0.17), strict=True)
    bed = np.stack([uneven * (slough * yellow + (1 - slough) * red) for yellow, red in colours])
    paint(patch.skin, ground, bed, 0.92)
    paint(patch.skin, ground * np.clip(patch.noise(rng, 0.13) - 1.5, 0, 1), (1.0, 0.96, 0.92), 0.6)
    return rim * np.float32(0.8) - soften(ground, 3) * np.float32(0.7)


LESIONS: dict[str, Callable[[Patch, np.random.Generator], Array]] = {
    "macule": _macule,
    "nevus": _nevus,
    "plaque": _plaque,
    "ulcer": _ulcer,
    "vesicles": _vesicles,
}
"""Morphology by label: colours the patch in place and returns the height that it adds, about 0 to 1."""
