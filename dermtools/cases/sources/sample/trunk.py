"""Drawn head and trunk."""

from __future__ import annotations

import numpy as np

from dermtools.cases.sources.sample.body import BodyPart, arc, hairs
from dermtools.cases.sources.sample.drawing import Pose, closed_curve, ellipse, limb, mirrored, shape, soften, strokes

SCALP_PLACES = ((-0.2, 0.15), (0.3, -0.2))


def back(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Shoulders, shoulder blades and spine."""
    outline = closed_curve(
        mirrored(
            [(-0.24, -1.6), (-0.26, -1.02), (-0.62, -0.86), (-1.0, -0.62), (-0.92, 0.1), (-0.72, 0.75), (-0.76, 1.7)]
        )
    )
    spine = soften(strokes(pose, [[(0, -0.95), (0.015, -0.3), (-0.01, 0.4), (0, 1.4)]], 0.07), 6 * pose.zoom)
    blades = soften(
        strokes(
            pose,
            [[(s * 0.28, -0.55), (s * 0.33, -0.15), (s * 0.52, 0.1), (s * 0.68, -0.12)] for s in (-1, 1)],
            0.05,
        ),
        11 * pose.zoom,
    )
    return BodyPart(shape(pose, outline), relief=-0.15 * spine - 0.13 * blades)


def abdomen(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """Waist, navel and a hem of cloth."""
    outline = closed_curve(mirrored([(-0.82, -1.6), (-0.80, -0.9), (-0.66, -0.1), (-0.80, 0.6), (-0.86, 1.6)]))
    navel = soften(shape(pose, ellipse((0, 0.22), (0.055, 0.085))), 4 * pose.zoom)
    ring = soften(shape(pose, ellipse((0, 0.22), (0.11, 0.14))), 6 * pose.zoom)
    line = soften(strokes(pose, [[(0, -1.2), (0, 0.1)]], 0.04), 6 * pose.zoom)
    ribs = soften(
        strokes(pose, [[(s * 0.12, -0.72), (s * 0.4, -0.5), (s * 0.62, -0.2)] for s in (-1, 1)], 0.05), 9 * pose.zoom
    )
    cloth = shape(
        pose, closed_curve([(-1.8, 0.92), (-0.6, 0.84), (0, 0.9), (0.6, 0.84), (1.8, 0.92), (1.8, 3), (-1.8, 3)])
    )
    colour = [(0.24, 0.28, 0.38), (0.45, 0.45, 0.47), (0.55, 0.42, 0.40)][int(rng.integers(3))]
    return BodyPart(
        shape(pose, outline),
        relief=-0.30 * navel + 0.1 * ring - 0.07 * line - 0.10 * ribs,
        tints=[(navel, (0.80, 0.66, 0.60))],
        paints=[(cloth, colour)],
    )


def face(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """A face with closed eyes, from the front."""
    head = closed_curve(
        [(0, -0.98), (0.45, -0.86), (0.66, -0.4), (0.64, 0.1), (0.50, 0.58), (0.24, 0.9), (0, 0.96)],
        [(-0.24, 0.9), (-0.50, 0.58), (-0.64, 0.1), (-0.66, -0.4), (-0.45, -0.86)],
    )
    ears = [ellipse((s * 0.69, 0.02), (0.08, 0.18), -s * 0.15) for s in (-1, 1)]
    neck = limb((0, 0.7), (0, 1.9), 0.36, 0.44)
    sockets = soften(shape(pose, *(ellipse((s * 0.27, -0.12), (0.17, 0.10)) for s in (-1, 1))), 9 * pose.zoom)
    lids = strokes(pose, [arc((s * 0.27, -0.14), 0.125, 0.055, 0.15, np.pi - 0.15) for s in (-1, 1)], 0.018)
    brows = strokes(pose, [arc((s * 0.28, -0.19), 0.17, 0.085, np.pi + 0.35, 2 * np.pi - 0.35) for s in (-1, 1)], 0.042)
    ridge = soften(strokes(pose, [[(0, -0.2), (0, 0.2)]], 0.08), 8 * pose.zoom)
    nose = soften(strokes(pose, [[(0.07, -0.08), (0.08, 0.1), (0.13, 0.24), (0.06, 0.29)]], 0.03), 5 * pose.zoom)
    nostrils = soften(shape(pose, *(ellipse((s * 0.055, 0.275), (0.03, 0.016)) for s in (-1, 1))), 2 * pose.zoom)
    lips = shape(
        pose,
        closed_curve([(-0.21, 0.53), (-0.08, 0.49), (0, 0.505), (0.08, 0.49), (0.21, 0.53), (0.1, 0.6), (-0.1, 0.6)]),
    )
    mouth = soften(strokes(pose, [[(-0.2, 0.53), (-0.06, 0.535), (0.06, 0.535), (0.2, 0.53)]], 0.012), 2 * pose.zoom)
    chin = soften(strokes(pose, [arc((0, 0.64), 0.14, 0.06, 0.3, np.pi - 0.3)], 0.04), 7 * pose.zoom)
    cap = shape(
        pose,
        closed_curve(
            [(-0.70, -0.2), (-0.62, -0.5), (-0.36, -0.68), (0, -0.72), (0.36, -0.68), (0.62, -0.5), (0.70, -0.2)],
            [(0.78, -0.6), (0.5, -1.06), (0, -1.16), (-0.5, -1.06), (-0.78, -0.6)],
        ),
    )
    angles = rng.uniform(np.pi, 2 * np.pi, 160)
    roots = np.stack([0.70 * np.cos(angles), 0.55 * np.sin(angles) - 0.18], axis=-1)
    strands = strokes(pose, hairs(rng, roots, angles, 0.4, 0.12), 0.010)
    jaw = soften(strokes(pose, [arc((0, 0.35), 0.52, 0.62, 0.25, np.pi - 0.25)], 0.05), 10 * pose.zoom)
    return BodyPart(
        shape(pose, head, neck, *ears),
        relief=-0.14 * sockets
        + 0.16 * ridge
        - 0.22 * nose
        - 0.5 * nostrils
        - 0.4 * mouth
        - 0.12 * chin
        - 0.16 * jaw
        - 0.16 * strands * cap,
        tints=[(lips, (0.86, 0.62, 0.62))],
        hair=[(soften(cap, 3), 0.97), (soften(brows, 2), 0.75), (lids, 0.8)],
    )


def scalp(pose: Pose, rng: np.random.Generator) -> BodyPart:
    """The crown of the head, with the hair thin where a lesion may lie."""
    head = closed_curve(
        [(0, -1.0), (0.66, -0.74), (0.86, 0), (0.66, 0.8), (0, 1.06), (-0.66, 0.8), (-0.86, 0), (-0.66, -0.74)]
    )
    roots = rng.uniform(-1, 1, (1500, 2))
    roots = roots[(roots[:, 0] / 0.86) ** 2 + (roots[:, 1] / 1.02) ** 2 < 1]
    whorl = np.arctan2(roots[:, 1] + 0.35, roots[:, 0] - 0.1) + 0.5
    thin = np.zeros(len(roots))
    for x, y in SCALP_PLACES:
        thin = np.maximum(thin, np.exp(-((roots[:, 0] - x) ** 2 + (roots[:, 1] - y) ** 2) / 0.07))
    lines = hairs(rng, roots, whorl, 0.19, 0.3)[rng.uniform(0, 1, len(roots)) > thin]
    half = len(lines) // 2
    gaps = soften(shape(pose, *(ellipse(place, (0.33, 0.33)) for place in SCALP_PLACES)), 15 * pose.zoom)
    skull = shape(pose, head)
    cover = skull * (1 - gaps)
    return BodyPart(
        skull,
        relief=-0.25 * strokes(pose, lines[:half], 0.010) * cover,
        hair=[(cover, 0.86), (strokes(pose, lines[half:], 0.007), 0.8)],
    )
