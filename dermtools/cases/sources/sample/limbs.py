"""Drawn arms and legs."""

from __future__ import annotations

import numpy as np

from dermtools.cases.sources.sample.body import BodyPart, arc, body_hair
from dermtools.cases.sources.sample.drawing import (
    Array,
    Colour,
    Point,
    Pose,
    closed_curve,
    ellipse,
    limb,
    shape,
    soften,
    strokes,
)

_NAIL: Colour = (0.93, 0.80, 0.76)


def forearm(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Inner forearm, with the wrist on the right."""
    outline = closed_curve(
        [(-1.9, -0.62), (-0.9, -0.56), (0, -0.42), (0.75, -0.28), (1.15, -0.27), (1.5, -0.4), (2.2, -0.45)],
        [(2.2, 0.42), (1.5, 0.38), (1.15, 0.25), (0.75, 0.26), (0, 0.40), (-0.9, 0.50), (-1.9, 0.5)],
    )
    tendons = soften(strokes(pose, [[(-0.1, 0.02), (0.95, 0.0)], [(0.1, -0.1), (0.95, -0.07)]], 0.03), 7 * pose.zoom)
    creases = soften(strokes(pose, [[(0.98, -0.24), (1.0, 0), (0.97, 0.24)], [(1.06, -0.2), (1.08, 0.2)]], 0.015), 2.5)
    skin = shape(pose, outline)
    return BodyPart(
        skin,
        relief=0.06 * tendons - 0.22 * creases,
        hair=[body_hair(pose, rng, skin, (-1.2, -0.45, 0.8, 0.4), 0.35)],
    )


def lower_leg(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Shin and calf between knee and ankle."""
    outline = closed_curve(
        [
            (-0.44, -1.9),
            (-0.40, -1.0),
            (-0.52, -0.45),
            (-0.46, 0.1),
            (-0.27, 0.75),
            (-0.24, 1.1),
            (-0.34, 1.4),
            (-0.4, 2),
        ],
        [(0.3, 2), (0.30, 1.4), (0.22, 1.1), (0.24, 0.75), (0.38, 0.1), (0.44, -0.45), (0.38, -1.0), (0.42, -1.9)],
    )
    shin = soften(strokes(pose, [[(0.05, -0.9), (0.03, 0), (0.0, 0.95)]], 0.06), 8 * pose.zoom)
    calf = soften(strokes(pose, [[(-0.22, -0.7), (-0.28, -0.2), (-0.16, 0.45)]], 0.06), 11 * pose.zoom)
    knee = soften(strokes(pose, [arc((0, -0.98), 0.26, 0.2, 0.2, np.pi - 0.2)], 0.05), 7 * pose.zoom)
    ankle = soften(shape(pose, ellipse((-0.19, 1.12), (0.09, 0.1)), ellipse((0.17, 1.15), (0.08, 0.1))), 6 * pose.zoom)
    skin = shape(pose, outline)
    return BodyPart(
        skin,
        relief=0.12 * shin - 0.13 * calf - 0.2 * knee + 0.14 * ankle,
        hair=[body_hair(pose, rng, skin, (-0.45, -0.9, 0.42, 0.9), 1.5)],
    )


def _digits(
    pose: Pose, joints: list[tuple[Point, Point, float]], nail: tuple[float, float]
) -> tuple[list[Array], Array, Array]:
    """Outlines of fingers or toes, mask of their nails, and their knuckle creases."""
    outlines, nails, creases = [], [], []
    for root, tip, radius in joints:
        outlines.append(limb(root, tip, radius * 1.12, radius))
        angle = float(np.arctan2(tip[1] - root[1], tip[0] - root[0]))
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        nails.append(ellipse(tuple(np.add(tip, 0.25 * radius * along)), (radius * nail[0], radius * nail[1]), angle))
        for share in (0.36, 0.66):
            middle = np.add(root, share * np.subtract(tip, root))
            creases += [
                [
                    tuple(middle + shift * along - 0.55 * radius * across),
                    tuple(middle + shift * along + 0.55 * radius * across),
                ]
                for shift in (-0.018, 0.018)
            ]
    return outlines, shape(pose, *nails), soften(strokes(pose, creases, 0.011), 2.2 * pose.zoom)


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
    tendons = [[(x * 0.5, 0.7), (x, 0.0)] for x in (-0.30, -0.11, 0.11, 0.30)]
    knuckles = shape(
        pose, *(ellipse((x, y), (0.07, 0.06)) for x, y in ((-0.32, 0.02), (-0.11, -0.06), (0.11, -0.06), (0.32, 0.04)))
    )
    relief = 0.09 * soften(strokes(pose, tendons, 0.035), 6 * pose.zoom) + 0.10 * soften(knuckles, 6 * pose.zoom)
    return BodyPart(shape(pose, palm, *outlines), relief=relief - 0.22 * creases, paints=[(nails, _NAIL)])


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
    rays = [[(x * 0.4, 0.75), (x, -0.35)] for x in (-0.30, -0.08, 0.10, 0.26)]
    gaps = soften(
        strokes(pose, [[(x, -0.62), (x * 1.0, -0.44)] for x in (-0.18, 0.01, 0.19, 0.34)], 0.02), 3 * pose.zoom
    )
    relief = 0.09 * soften(strokes(pose, rays, 0.035), 7 * pose.zoom) - 0.35 * gaps - 0.15 * creases
    return BodyPart(shape(pose, sole, *outlines), relief=relief, paints=[(nails, _NAIL)])
