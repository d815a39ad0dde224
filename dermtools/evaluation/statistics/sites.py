"""Near misses: accuracy when a neighbouring body site counts as right (hand and fingers, lower back and back)."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dermtools.evaluation.scoring import Scored


@cache
def neighboring_sites() -> dict[str, frozenset[str]]:
    """Site label to the labels of the sites that touch it."""
    text = resources.files(__package__).joinpath("data/neighboring_sites.json").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for site, others in json.loads(text)["neighbors"].items():
        for other in others:
            found.setdefault(site, set()).add(other)
            found.setdefault(other, set()).add(site)
    return {site: frozenset(others) for site, others in sorted(found.items())}


def adjacent_accuracy(scored: Scored) -> float | None:
    """Share of answers that are right or name a site next to a true one; None where no label is a known site."""
    sites = neighboring_sites()
    if not any(label in sites for target in scored.targets for label in target.truth):
        return None
    near = sum(
        bool(right) or any(prediction.label in sites.get(label, ()) for label in target.truth)
        for right, prediction, target in zip(scored.right, scored.predictions, scored.targets, strict=True)
    )
    return near / len(scored)
