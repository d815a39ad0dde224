"""Patients and their pictures, drawn by program: the sample as a source.

Nothing in it is a photograph of anybody, and nothing about skin can be learned from it. Every picture carries the mark
DRAWN, every case the attribute `origin` with the value `drawn`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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

FRACTIONS = (0.5, 0.25, 0.25)
"""More for validation and test than usual: a quarter of so few patients is just enough to calibrate on."""


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
    wanted = [(patient, picture) for patient in _patients(seed, patients) for picture in range(len(patient.sites))]
    with ThreadPoolExecutor() as pool:  # each picture has a random generator of its own
        drawn = pool.map(lambda one: _draw(one[0], one[1], seed), wanted)
        cases = [
            SourceCase(case, picture)
            for case, picture in zip(_in_splits([_case(*one) for one in wanted], seed), drawn, strict=True)
        ]
    questions = {
        "diagnosis": "Which morphology does the drawn lesion show?",
        "location": "Which part of the body is drawn?",
    }
    tasks = tuple(
        Task(
            name=name, question=question, labels=tuple(sorted({label for c in cases for label in c.case.labels[name]}))
        )
        for name, question in questions.items()
    )
    return SourceData(name=NAME, tasks=tasks, cases=tuple(cases), notes=NOTES)


def _case(patient: _Patient, picture: int) -> Case:
    group = f"drawn_p{patient.number:02d}"
    return Case(
        case_id=f"{group}_{picture + 1}",
        group_id=group,
        labels={"location": (patient.sites[picture],), "diagnosis": (patient.lesion,)},
        attributes={
            "fitzpatrick": patient.fitzpatrick,
            "age": patient.age,
            "sex": patient.sex,
            "origin": "drawn",
        },
    )


def _patients(seed: int, count: int) -> list[_Patient]:
    rng = np.random.default_rng(seed)

    def balanced(values: list[str] | list[int]) -> list[str] | list[int]:
        """Every value equally often, in random order."""
        rounds = [rng.permutation(len(values)) for _ in range(-(-count // len(values)))]
        return [values[i] for i in np.concatenate(rounds)[:count]]

    lesions, tones = balanced(list(LESIONS)), balanced([1, 2, 3, 4, 5, 6])
    first, second = balanced(list(SITES)), balanced(list(SITES))
    sites = []
    for one, other in zip(first, second, strict=True):
        pictures = int(rng.integers(2, 6))
        here = int(rng.integers(2, pictures + 1))
        sites.append((str(one),) * here + (str(other),) * (pictures - here))
    return [
        _Patient(
            number=number + 1,
            lesion=str(lesions[number]),
            sites=sites[number],
            fitzpatrick=int(tones[number]),
            age=int(rng.integers(4, 90)),
            sex=("female", "male")[int(rng.integers(2))],
        )
        for number in range(count)
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
