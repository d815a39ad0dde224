"""What a drawn part of the body consists of, and hair."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dermtools.cases.sources.sample.drawing import Array, Colour, Point, Pose, strokes


@dataclass
class BodyPart:
    """A site as seen in one pose; masks and relief have shape (SIDE, SIDE)."""

    skin: Array
    relief: Array | float = 0.0
    """Brightness added by form: below 0 in furrows, above 0 on ridges."""
    tints: list[tuple[Array, Colour]] = field(default_factory=list)
    """Parts of the skin of another colour, as factors on it."""
    paints: list[tuple[Array, Colour]] = field(default_factory=list)
    """What is not skin: nails, cloth, eyes."""
    hair: list[tuple[Array, float]] = field(default_factory=list)
    """Masks of hair with how opaque it is."""


def hairs(
    rng: np.random.Generator, roots: NDArray[np.floating], direction: NDArray[np.floating], length: float, curl: float
) -> Array:
    """Slightly bent lines, shape (n, 5, 2), from roots, shape (n, 2), along directions in radians, shape (n,)."""
    steps = np.linspace(0, 1, 5, dtype=np.float32)[None, :]
    lengths = length * rng.uniform(0.6, 1.3, (len(roots), 1))
    angle = direction[:, None] + curl * rng.standard_normal((len(roots), 1)) * (0.4 + steps)
    x = roots[:, :1] + lengths * steps * np.cos(angle)
    y = roots[:, 1:] + lengths * steps * np.sin(angle)
    lines: Array = np.stack([x, y], axis=-1).astype(np.float32)
    return lines


def body_hair(
    pose: Pose, rng: np.random.Generator, skin: Array, box: tuple[float, float, float, float], direction: float
) -> tuple[Array, float]:
    """Sparse hair on the skin whose roots lie in a box (left, top, right, bottom), and how opaque it is."""
    count = 240
    roots = np.stack([rng.uniform(box[0], box[2], count), rng.uniform(box[1], box[3], count)], axis=-1)
    lines = hairs(rng, roots, np.full(count, direction), 0.09, 0.25)
    return strokes(pose, lines, 0.004) * skin, float(rng.uniform(0.12, 0.42))


def arc(centre: Point, width: float, height: float, start: float, end: float) -> list[Point]:
    """Points on a piece of an ellipse, from one angle to another in radians."""
    angles = np.linspace(start, end, 14)
    return [(centre[0] + width * np.cos(a), centre[1] + height * np.sin(a)) for a in angles]
