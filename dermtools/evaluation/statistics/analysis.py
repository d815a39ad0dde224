"""Beyond accuracy: use of exemplars, nearness, subgroups, and what the encoder may have seen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from dermtools.cases.attributes import counted_attributes, visible
from dermtools.evaluation.statistics.exemplar_use import ExemplarUse, exemplar_use
from dermtools.evaluation.statistics.nearness import Nearness, nearness
from dermtools.evaluation.statistics.subgroups import Subgroup, subgroups

if TYPE_CHECKING:
    from dermtools.evaluation.running.run import Run
    from dermtools.retrieval import CaseBase


@dataclass(frozen=True)
class Analyses:
    """What a run says beyond its table.

    `nearness` is how accuracy goes with the distance to the nearest case.
    """

    exemplar_use: tuple[ExemplarUse, ...]
    """One entry for every arm that used exemplars."""
    nearness: Nearness
    subgroups: Mapping[str, tuple[Subgroup, ...]]
    """Arm to its subgroups."""
    encoder_training: str
    """What is known of the pictures that the encoder was trained on."""


def analyze(run: Run, case_base: CaseBase) -> Analyses:
    """Look closer at a run over this case base, at the same version.

    Raises:
        QueryError: a case of the run is no longer in the case base.
    """
    task, scored = run.spec.task.name, run.scored()
    counted = counted_attributes(case_base.store.current_manifest(), case_base.columns.attributes)
    cases = {target.case_id: visible(case_base.case(target.case_id), counted) for target in run.spec.targets}
    return Analyses(
        exemplar_use=tuple(use for one in scored if (use := exemplar_use(one)) is not None),
        nearness=nearness(case_base, task, run.spec.targets, scored),
        subgroups={one.name: tuple(subgroups(one, cases, task)) for one in scored},
        encoder_training=encoder_training(case_base.identity.name),
    )


def encoder_training(name: str) -> str:
    """What is known of the pictures that an encoder of this name was trained on, in a sentence or two."""
    held = json.loads(resources.files(__package__).joinpath("data/encoder_training.json").read_text(encoding="utf-8"))
    says = (entry["says"] for entry in held["encoders"] if re.search(entry["name"], name, re.IGNORECASE))
    return str(next(says, held["otherwise"]))
