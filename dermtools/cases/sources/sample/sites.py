"""The sites of the drawn sample: how each is drawn, and where on it a lesion may lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dermtools.cases.sources.sample.body import BodyPart
from dermtools.cases.sources.sample.drawing import Point, Pose
from dermtools.cases.sources.sample.limbs import foot, forearm, hand, lower_leg
from dermtools.cases.sources.sample.trunk import SCALP_PLACES, abdomen, back, face, scalp


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
