"""The sites of the drawn sample: how each is drawn, and where on it a lesion may lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dermtools.cases.sources.sample import drawing as d
from dermtools.cases.sources.sample.drawing import Array, BodyPart, Colour, Point, Pose, closed_curve, ellipse, shape

SCALP_PLACES = ((-0.2, 0.15), (0.3, -0.2))
_NAIL: Colour = (0.93, 0.80, 0.76)
_SIDES = (-1, 1)


def _lines(pose: Pose, lines: Any, width: float, blur: float) -> Array:
    """Mask of soft lines, blurred by so many pixels at zoom 1."""
    return d.soften(d.strokes(pose, lines, width), blur * pose.zoom)


def _spots(pose: Pose, blur: float, *outlines: Array) -> Array:
    """Mask of soft shapes, blurred by so many pixels at zoom 1."""
    return d.soften(shape(pose, *outlines), blur * pose.zoom)


def forearm(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Inner forearm, with the wrist on the right."""
    outline = closed_curve(
        [(-1.9, -0.62), (-0.9, -0.56), (0, -0.42), (0.75, -0.28), (1.15, -0.27), (1.5, -0.4), (2.2, -0.45)],
        [(2.2, 0.42), (1.5, 0.38), (1.15, 0.25), (0.75, 0.26), (0, 0.40), (-0.9, 0.50), (-1.9, 0.5)],
    )
    tendons = _lines(pose, [[(-0.1, 0.02), (0.95, 0.0)], [(0.1, -0.1), (0.95, -0.07)]], 0.03, 7)
    wrist = d.strokes(pose, [[(0.98, -0.24), (1.0, 0), (0.97, 0.24)], [(1.06, -0.2), (1.08, 0.2)]], 0.015)
    skin = shape(pose, outline)
    hair = d.body_hair(pose, rng, skin, (-1.2, -0.45, 0.8, 0.4), 0.35)
    return BodyPart(skin, relief=0.06 * tendons - 0.22 * d.soften(wrist, 2.5), hair=[hair])


def lower_leg(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Shin and calf between knee and ankle."""
    outline = closed_curve(
        [(-0.44, -1.9), (-0.40, -1.0), (-0.52, -0.45), (-0.46, 0.1), (-0.27, 0.75), (-0.24, 1.1), (-0.34, 1.4)],
        [(-0.4, 2), (0.3, 2), (0.30, 1.4), (0.22, 1.1), (0.24, 0.75), (0.38, 0.1), (0.44, -0.45), (0.38, -1.0)],
        [(0.42, -1.9)],
    )
    shin = _lines(pose, [[(0.05, -0.9), (0.03, 0), (0.0, 0.95)]], 0.06, 8)
    calf = _lines(pose, [[(-0.22, -0.7), (-0.28, -0.2), (-0.16, 0.45)]], 0.06, 11)
    knee = _lines(pose, [d.arc((0, -0.98), 0.26, 0.2, 0.2, np.pi - 0.2)], 0.05, 7)
    ankle = _spots(pose, 6, ellipse((-0.19, 1.12), (0.09, 0.1)), ellipse((0.17, 1.15), (0.08, 0.1)))
    skin = shape(pose, outline)
    relief = 0.12 * shin - 0.13 * calf - 0.2 * knee + 0.14 * ankle
    return BodyPart(skin, relief=relief, hair=[d.body_hair(pose, rng, skin, (-0.45, -0.9, 0.42, 0.9), 1.5)])


def _digits(
    pose: Pose, joints: list[tuple[Point, Point, float]], nail: tuple[float, float]
) -> tuple[list[Array], Array, Array]:
    """Outlines of fingers or toes, mask of their nails, and their knuckle creases."""
    outlines, nails, creases = [], [], []
    for root, tip, radius in joints:
        outlines.append(d.limb(root, tip, radius * 1.12, radius))
        angle = float(np.arctan2(tip[1] - root[1], tip[0] - root[0]))
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        nails.append(ellipse(tuple(np.add(tip, 0.25 * radius * along)), (radius * nail[0], radius * nail[1]), angle))
        for share in (0.36, 0.66):
            middle, half = np.add(root, share * np.subtract(tip, root)), 0.55 * radius * across
            creases += [[middle + shift * along - half, middle + shift * along + half] for shift in (-0.018, 0.018)]
    return outlines, shape(pose, *nails), _lines(pose, creases, 0.011, 2.2)


def hand(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Back of a hand with spread fingers."""
    palm = closed_curve(
        [(-0.42, -0.12), (-0.15, -0.22), (0.15, -0.2), (0.42, -0.06), (0.45, 0.4), (0.30, 0.85), (0.3, 1.7)],
        [(-0.3, 1.7), (-0.30, 0.85), (-0.46, 0.45)],
    )
    joints: list[tuple[Point, Point, float]] = [
        ((-0.32, -0.02), (-0.50, -0.66), 0.100),
        ((-0.11, -0.12), (-0.17, -0.88), 0.108),
        ((0.11, -0.12), (0.17, -0.84), 0.106),
        ((0.32, 0.0), (0.47, -0.58), 0.092),
        ((-0.36, 0.46), (-0.80, 0.06), 0.115),
    ]
    outlines, nails, creases = _digits(pose, joints, (0.62, 0.60))
    tendons = _lines(pose, [[(x * 0.5, 0.7), (x, 0.0)] for x in (-0.30, -0.11, 0.11, 0.30)], 0.035, 6)
    places = ((-0.32, 0.02), (-0.11, -0.06), (0.11, -0.06), (0.32, 0.04))
    knuckles = _spots(pose, 6, *(ellipse(place, (0.07, 0.06)) for place in places))
    relief = 0.09 * tendons + 0.10 * knuckles - 0.22 * creases
    return BodyPart(shape(pose, palm, *outlines), relief=relief, paints=[(nails, _NAIL)])


def foot(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Foot from above."""
    sole = closed_curve(
        [(-0.44, -0.42), (-0.1, -0.52), (0.3, -0.42), (0.48, -0.1), (0.40, 0.45), (0.28, 0.9), (0.3, 1.7)],
        [(-0.3, 1.7), (-0.28, 0.9), (-0.36, 0.4), (-0.44, 0.0)],
    )
    joints: list[tuple[Point, Point, float]] = [
        ((-0.32, -0.42), (-0.34, -0.76), 0.150),
        ((-0.08, -0.46), (-0.08, -0.82), 0.096),
        ((0.10, -0.42), (0.11, -0.74), 0.088),
        ((0.26, -0.34), (0.29, -0.60), 0.082),
        ((0.40, -0.20), (0.45, -0.42), 0.078),
    ]
    outlines, nails, creases = _digits(pose, joints, (0.50, 0.62))
    rays = _lines(pose, [[(x * 0.4, 0.75), (x, -0.35)] for x in (-0.30, -0.08, 0.10, 0.26)], 0.035, 7)
    gaps = _lines(pose, [[(x, -0.62), (x, -0.44)] for x in (-0.18, 0.01, 0.19, 0.34)], 0.02, 3)
    relief = 0.09 * rays - 0.35 * gaps - 0.15 * creases
    return BodyPart(shape(pose, sole, *outlines), relief=relief, paints=[(nails, _NAIL)])


def back(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Shoulders, shoulder blades and spine."""
    half = [(-0.24, -1.6), (-0.26, -1.02), (-0.62, -0.86), (-1.0, -0.62), (-0.92, 0.1), (-0.72, 0.75), (-0.76, 1.7)]
    spine = _lines(pose, [[(0, -0.95), (0.015, -0.3), (-0.01, 0.4), (0, 1.4)]], 0.07, 6)
    edges = [[(s * 0.28, -0.55), (s * 0.33, -0.15), (s * 0.52, 0.1), (s * 0.68, -0.12)] for s in _SIDES]
    return BodyPart(
        shape(pose, closed_curve(d.mirrored(half))), relief=-0.15 * spine - 0.13 * _lines(pose, edges, 0.05, 11)
    )


def abdomen(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Waist, navel and a hem of cloth."""
    half = [(-0.82, -1.6), (-0.80, -0.9), (-0.66, -0.1), (-0.80, 0.6), (-0.86, 1.6)]
    navel = _spots(pose, 4, ellipse((0, 0.22), (0.055, 0.085)))
    ring = _spots(pose, 6, ellipse((0, 0.22), (0.11, 0.14)))
    line = _lines(pose, [[(0, -1.2), (0, 0.1)]], 0.04, 6)
    ribs = _lines(pose, [[(s * 0.12, -0.72), (s * 0.4, -0.5), (s * 0.62, -0.2)] for s in _SIDES], 0.05, 9)
    hem = [(-1.8, 0.92), (-0.6, 0.84), (0, 0.9), (0.6, 0.84), (1.8, 0.92), (1.8, 3), (-1.8, 3)]
    colour = [(0.24, 0.28, 0.38), (0.45, 0.45, 0.47), (0.55, 0.42, 0.40)][int(rng.integers(3))]
    return BodyPart(
        shape(pose, closed_curve(d.mirrored(half))),
        relief=-0.30 * navel + 0.1 * ring - 0.07 * line - 0.10 * ribs,
        tints=[(navel, (0.80, 0.66, 0.60))],
        paints=[(shape(pose, closed_curve(hem)), colour)],
    )


def face(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """A face with closed eyes, from the front."""
    head = closed_curve(
        [(0, -0.98), (0.45, -0.86), (0.66, -0.4), (0.64, 0.1), (0.50, 0.58), (0.24, 0.9), (0, 0.96)],
        [(-0.24, 0.9), (-0.50, 0.58), (-0.64, 0.1), (-0.66, -0.4), (-0.45, -0.86)],
    )
    ears = [ellipse((s * 0.69, 0.02), (0.08, 0.18), -s * 0.15) for s in _SIDES]
    sockets = _spots(pose, 9, *(ellipse((s * 0.27, -0.12), (0.17, 0.10)) for s in _SIDES))
    lids = d.strokes(pose, [d.arc((s * 0.27, -0.14), 0.125, 0.055, 0.15, np.pi - 0.15) for s in _SIDES], 0.018)
    brow = [d.arc((s * 0.28, -0.19), 0.17, 0.085, np.pi + 0.35, 2 * np.pi - 0.35) for s in _SIDES]
    ridge = _lines(pose, [[(0, -0.2), (0, 0.2)]], 0.08, 8)
    nose = _lines(pose, [[(0.07, -0.08), (0.08, 0.1), (0.13, 0.24), (0.06, 0.29)]], 0.03, 5)
    nostrils = _spots(pose, 2, *(ellipse((s * 0.055, 0.275), (0.03, 0.016)) for s in _SIDES))
    lip = [(-0.21, 0.53), (-0.08, 0.49), (0, 0.505), (0.08, 0.49), (0.21, 0.53), (0.1, 0.6), (-0.1, 0.6)]
    mouth = _lines(pose, [[(-0.2, 0.53), (-0.06, 0.535), (0.06, 0.535), (0.2, 0.53)]], 0.012, 2)
    chin = _lines(pose, [d.arc((0, 0.64), 0.14, 0.06, 0.3, np.pi - 0.3)], 0.04, 7)
    hairline = [(-0.70, -0.2), (-0.62, -0.5), (-0.36, -0.68), (0, -0.72), (0.36, -0.68), (0.62, -0.5), (0.70, -0.2)]
    crown = [(0.78, -0.6), (0.5, -1.06), (0, -1.16), (-0.5, -1.06), (-0.78, -0.6)]
    cap = shape(pose, closed_curve(hairline, crown))
    angles = rng.uniform(np.pi, 2 * np.pi, 160)
    roots = np.stack([0.70 * np.cos(angles), 0.55 * np.sin(angles) - 0.18], axis=-1)
    strands = d.strokes(pose, d.hairs(rng, roots, angles, 0.4, 0.12), 0.010)
    jaw = _lines(pose, [d.arc((0, 0.35), 0.52, 0.62, 0.25, np.pi - 0.25)], 0.05, 10)
    form = -0.14 * sockets + 0.16 * ridge - 0.22 * nose - 0.5 * nostrils - 0.4 * mouth - 0.12 * chin - 0.16 * jaw
    return BodyPart(
        shape(pose, head, d.limb((0, 0.7), (0, 1.9), 0.36, 0.44), *ears),
        relief=form - 0.16 * strands * cap,
        tints=[(shape(pose, closed_curve(lip)), (0.86, 0.62, 0.62))],
        hair=[(d.soften(cap, 3), 0.97), (d.soften(d.strokes(pose, brow, 0.042), 2), 0.75), (lids, 0.8)],
    )


def scalp(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """The crown of the head, with the hair thin where a lesion may lie."""
    head = [(0, -1.0), (0.66, -0.74), (0.86, 0), (0.66, 0.8), (0, 1.06), (-0.66, 0.8), (-0.86, 0), (-0.66, -0.74)]
    roots = rng.uniform(-1, 1, (1500, 2))
    roots = roots[(roots[:, 0] / 0.86) ** 2 + (roots[:, 1] / 1.02) ** 2 < 1]
    whorl = np.arctan2(roots[:, 1] + 0.35, roots[:, 0] - 0.1) + 0.5
    thin = np.zeros(len(roots))
    for x, y in SCALP_PLACES:
        thin = np.maximum(thin, np.exp(-((roots[:, 0] - x) ** 2 + (roots[:, 1] - y) ** 2) / 0.07))
    lines = d.hairs(rng, roots, whorl, 0.19, 0.3)[rng.uniform(0, 1, len(roots)) > thin]
    half = len(lines) // 2
    skull = shape(pose, closed_curve(head))
    cover = skull * (1 - _spots(pose, 15, *(ellipse(place, (0.33, 0.33)) for place in SCALP_PLACES)))
    relief = -0.25 * d.strokes(pose, lines[:half], 0.010) * cover
    return BodyPart(skull, relief=relief, hair=[(cover, 0.86), (d.strokes(pose, lines[half:], 0.007), 0.8)])


@dataclass(frozen=True)
class Site:
    """How to draw a site, and where a lesion may lie on it."""

    draw: Callable[[Pose, np.random.Generator], BodyPart]
    places: tuple[Point, ...]


SITES: dict[str, Site] = {
    "abdomen": Site(abdomen, ((-0.34, 0.02), (0.36, 0.3), (0.3, -0.35))),
    "back": Site(back, ((-0.42, -0.3), (0.45, 0.05), (-0.34, 0.4), (0.36, -0.5))),
    "face": Site(face, ((-0.4, 0.24), (0.4, 0.22), (0.06, -0.46))),
    "foot": Site(foot, ((0.0, 0.0), (-0.06, 0.28))),
    "forearm": Site(forearm, ((-0.45, -0.05), (0.25, 0.03))),
    "hand": Site(hand, ((0.02, 0.28), (-0.1, 0.5))),
    "lowerleg": Site(lower_leg, ((0.08, -0.25), (-0.08, 0.2))),
    "scalp": Site(scalp, SCALP_PLACES),
}
"""Site by label."""
