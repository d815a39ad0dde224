"""Means of drawing: a pose, outlines, soft masks and noise, all on one square of pixels.

Everything is given in body units: the part of the body fills about -1 to 1, x to the right and y down. A `Pose` says
which piece of that plane the picture shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 384  # pixels on each side of a drawn picture

Array = NDArray[np.float32]
Colour = tuple[float, float, float]
Point = tuple[float, float]

_OVERSAMPLING = 2


@dataclass(frozen=True)
class Pose:
    """Which piece of the body plane is seen: the point in the middle, magnification, and turn in radians."""

    centre: Point = (0.0, 0.0)
    zoom: float = 1.0
    turn: float = 0.0

    def pixels(self, points: Sequence[Point] | Array) -> Array:
        """Body units, shape (n, 2), to pixels, shape (n, 2)."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        moved = np.asarray(points, dtype=np.float32) - np.asarray(self.centre, dtype=np.float32)
        turned = moved @ np.array([[cos, sin], [-sin, cos]], dtype=np.float32)
        return turned * np.float32(self.unit) + np.float32(SIDE / 2)

    @property
    def unit(self) -> float:
        """Pixels in one body unit."""
        return SIDE / 2 * self.zoom


@dataclass
class BodyPart:
    """A site as seen in one pose; masks and relief have shape (SIDE, SIDE)."""

    skin: Array
    relief: Array | float = 0.0  # brightness added by form: below 0 in furrows, above 0 on ridges
    tints: list[tuple[Array, Colour]] = field(default_factory=list)  # other colours of skin, as factors on it
    paints: list[tuple[Array, Colour]] = field(default_factory=list)  # what is not skin: nails, cloth, eyes
    hair: list[tuple[Array, float]] = field(default_factory=list)  # masks of hair with how opaque it is


def shape(pose: Pose, *outlines: Sequence[Point] | Array) -> Array:
    """Mask of the union of closed outlines: 1 inside, 0 outside, smooth at the border."""
    return _mask(pose, outlines, lambda pen, points: pen.polygon(points, fill=255))


def strokes(pose: Pose, lines: Sequence[Sequence[Point] | Array] | Array, width: float) -> Array:
    """Mask of open lines of a width in body units."""
    thickness = max(1, round(width * pose.unit * _OVERSAMPLING))
    joint = "curve" if thickness > 4 else None
    return _mask(pose, lines, lambda pen, points: pen.line(points, fill=255, width=thickness, joint=joint))


def closed_curve(*runs: Sequence[Point]) -> Array:
    """Smooth closed outline through n points, given in one or more runs (Catmull-Rom), shape (12 n, 2)."""
    knots = np.concatenate([np.asarray(run, dtype=np.float32) for run in runs])
    before, after, beyond = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
    t = np.linspace(0, 1, 12, endpoint=False, dtype=np.float32)[:, None, None]
    curve: Array = 0.5 * (
        2 * knots
        + (after - before) * t
        + (2 * before - 5 * knots + 4 * after - beyond) * t**2
        + (3 * knots - before - 3 * after + beyond) * t**3
    )
    return curve.transpose(1, 0, 2).reshape(-1, 2)


def mirrored(points: Sequence[Point]) -> list[Point]:
    """One half of an outline and, backwards, its mirror image at x = 0."""
    return [*points, *((-x, y) for x, y in reversed(points))]


def ellipse(centre: Point, radii: Point, turn: float = 0.0) -> Array:
    """Outline of an ellipse, shape (48, 2)."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False, dtype=np.float32)
    x, y = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos], axis=-1)


def limb(start: Point, end: Point, start_radius: float, end_radius: float) -> Array:
    """Outline of a tapering tube with round ends."""
    direction = np.arctan2(end[1] - start[1], end[0] - start[0])
    half = np.linspace(-np.pi / 2, np.pi / 2, 16, dtype=np.float32)
    caps = (end, end_radius, half + direction), (start, start_radius, half + direction + np.pi)
    return np.concatenate(
        [_around(centre, (radius, radius), angles.astype(np.float32)) for centre, radius, angles in caps]
    )


def hairs(
    rng: np.random.Generator, roots: NDArray[np.floating], direction: NDArray[np.floating], length: float, curl: float
) -> Array:
    """Slightly bent lines, shape (n, 5, 2), from roots, shape (n, 2), along directions in radians, shape (n,)."""
    steps = np.linspace(0, 1, 5, dtype=np.float32)[None, :]
    lengths = length * rng.uniform(0.6, 1.3, (len(roots), 1))
    angle = direction[:, None] + curl * rng.standard_normal((len(roots), 1)) * (0.4 + steps)
    x = roots[:, :1] + lengths * steps * np.cos(angle)
    y = roots[:, 1:] + lengths * steps * np.sin(angle)
    return np.stack([x, y], axis=-1).astype(np.float32)


def body_hair(
    pose: Pose, rng: np.random.Generator, skin: Array, box: tuple[float, float, float, float], direction: float
) -> tuple[Array, float]:
    """Sparse hair on the skin whose roots lie in a box (left, top, right, bottom), and how opaque it is."""
    count = 240
    roots = np.stack([rng.uniform(box[0], box[2], count), rng.uniform(box[1], box[3], count)], axis=-1)
    lines = hairs(rng, roots, np.full(count, direction), 0.09, 0.25)
    return strokes(pose, lines, 0.004) * skin, float(rng.uniform(0.12, 0.42))


def arc(centre: Point, width: float, height: float, start: float, end: float) -> Array:
    """Points on a piece of an ellipse, from one angle to another in radians."""
    return _around(centre, (width, height), np.linspace(start, end, 14))


def _around(centre: Point, radii: Point, angles: NDArray[np.floating]) -> Array:
    return np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=-1)


def soften(mask: Array, radius: float) -> Array:
    """Blur a mask (0 to 1) by a Gaussian of `radius` pixels."""
    image = Image.fromarray((mask * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / np.float32(255)


def spread(mask: Array, radius: float) -> Array:
    """Blur far and without steps, for smooth shading: made small, then large again."""
    small = max(2, round(SIDE / radius))
    reduced = Image.fromarray(mask).resize((small, small), Image.Resampling.HAMMING)
    return np.asarray(reduced.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def noise(rng: np.random.Generator, grain: float, shape: tuple[int, ...] = (SIDE, SIDE)) -> Array:
    """Smooth noise, mean 0 and deviation about 1, with spots of about `grain` pixels."""
    height, width = shape
    cells = max(3, round(height / grain)), max(3, round(width / grain))
    grid = Image.fromarray(rng.standard_normal(cells, dtype=np.float32))
    return np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))


def paint(picture: Array, mask: Array, colour: Colour | Array, strength: float = 1.0) -> None:
    """Lay a colour (0 to 1; or colours, shape (3, h, w)) on a picture of shape (3, h, w), in place."""
    weight = mask * np.float32(strength)
    for channel, target in zip(picture, colour, strict=True):
        channel += weight * (np.asarray(target, np.float32) - channel)


def tint(picture: Array, mask: Array, factors: Colour) -> None:
    """Multiply the colour channels where the mask is 1, in place: as pigment or blood does to skin of any tone."""
    for channel, factor in zip(picture, factors, strict=True):
        channel *= 1 + mask * np.float32(factor - 1)


def _mask(
    pose: Pose,
    lines: Iterable[Sequence[Point] | Array],
    draw: Callable[[ImageDraw.ImageDraw, list[float]], None],
) -> Array:
    canvas = Image.new("L", (SIDE * _OVERSAMPLING, SIDE * _OVERSAMPLING))
    pen = ImageDraw.Draw(canvas)
    for line in lines:
        draw(pen, (pose.pixels(line) * _OVERSAMPLING).ravel().tolist())
    return np.asarray(canvas.reduce(_OVERSAMPLING), dtype=np.float32) / np.float32(255)
