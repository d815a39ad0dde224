"""Patients and their pictures, drawn by program: the sample as a source.

Nothing in it is a photograph of anybody, and nothing about skin can be learned from it. Every picture carries the mark
DRAWN, every case the attribute `origin` with the value `drawn`.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.sources.sample.lesions import LESIONS
from dermtools.cases.sources.sample.picture import draw_picture
from dermtools.cases.sources.sample.sites import SITES
from dermtools.cases.splits import assign_splits
from dermtools.errors import SourceError

NAME = "sample (drawn by program, not photographs)"
NOTES = (
    "Drawn by program: these pictures are not photographs and show no person.",
    "For trying the software only; no result on them says anything about skin, disease or any model's ability.",
)
QUESTIONS = {
    "diagnosis": "Which morphology does the drawn lesion show?",
    "location": "Which part of the body is drawn?",
}
FRACTIONS = (0.5, 0.25, 0.25)
"""More for validation and test than usual: a quarter of so few patients is just enough to calibrate on."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Patient:
    number: int
    lesion: str
    sites: tuple[str, ...]
    """One a picture."""
    fitzpatrick: int
    age: int
    sex: str


def load_sample(*, seed: int = 0, patients: int = 60) -> SourceData:
    """Draw the sample: per patient one morphology on one or two sites, in 2 to 5 pictures.

    Args:
        seed: another seed gives other patients; the same one the same bytes, with the same Pillow and NumPy.
        patients: number of patients, at least 1; from 8 on, every site and morphology occurs.

    Returns:
        JPEG pictures of 384 x 384 pixels with the tasks `location` and `diagnosis`, the attributes `fitzpatrick`
        (1 to 6), `age` (years), `sex` and `origin`, and a split by patient that leaves every label in train.

    Raises:
        SourceError: `patients` or `seed` is out of range.
    """
    if patients < 1 or seed < 0:
        raise SourceError(f"the sample takes patients >= 1 and seed >= 0, not patients={patients} and seed={seed}")
    numbered = [(patient, picture) for patient in _patients(seed, patients) for picture in range(len(patient.sites))]
    cases = _in_splits([_case(*one) for one in numbered], seed)
    with ThreadPoolExecutor() as pool:  # each picture has a random generator of its own
        drawn = tuple(pool.map(lambda one: _draw(one[0], one[1], seed), numbered))
    labels = {name: sorted({label for case in cases for label in case.labels[name]}) for name in QUESTIONS}
    return SourceData(
        name=NAME,
        tasks=tuple(Task(name=name, question=QUESTIONS[name], labels=tuple(found)) for name, found in labels.items()),
        cases=tuple(map(SourceCase, cases, drawn)),
        notes=NOTES,
    )


def _case(patient: _Patient, picture: int) -> Case:
    group = f"drawn_p{patient.number:02d}"
    return Case(
        case_id=f"{group}_{picture + 1}",
        group_id=group,
        labels={"location": (patient.sites[picture],), "diagnosis": (patient.lesion,)},
        attributes={**{name: getattr(patient, name) for name in ("fitzpatrick", "age", "sex")}, "origin": "drawn"},
    )


def _patients(seed: int, count: int) -> list[_Patient]:
    rng = np.random.default_rng(seed)

    def balanced(values: Iterable[T]) -> list[T]:
        """Every value equally often, in random order."""
        choice = list(values)
        rounds = [rng.permutation(len(choice)) for _ in range(-(-count // len(choice)))]
        return [choice[i] for i in np.concatenate(rounds)[:count]]

    lesions, tones = balanced(LESIONS), balanced(range(1, 7))
    sites = []
    for one, other in zip(balanced(SITES), balanced(SITES), strict=True):
        pictures = int(rng.integers(2, 6))
        here = int(rng.integers(2, pictures + 1))
        sites.append((one,) * here + (other,) * (pictures - here))
    return [
        _Patient(number, lesion, places, tone, int(rng.integers(4, 90)), ("female", "male")[int(rng.integers(2))])
        for number, (lesion, places, tone) in enumerate(zip(lesions, sites, tones, strict=True), start=1)
    ]


def _in_splits(cases: list[Case], seed: int) -> list[Case]:
    """The cases with splits by patient, stratified by site and morphology together."""
    both = [
        case.model_copy(update={"labels": {"both": (*case.labels["location"], *case.labels["diagnosis"])}})
        for case in cases
    ]
    assigned = assign_splits(both, seed=seed, fractions=FRACTIONS, task="both").cases
    return [case.model_copy(update={"split": chosen.split}) for case, chosen in zip(cases, assigned, strict=True)]


def _draw(patient: _Patient, picture: int, seed: int) -> bytes:
    return draw_picture(
        patient.sites[picture],
        patient.lesion,
        fitzpatrick=patient.fitzpatrick,
        is_grey=patient.age > 66,
        near=picture % 3 != 0,
        person=(seed, patient.number),
        picture=picture,
    )
