"""Patients and their pictures, drawn by program: the sample as a source.

Nothing in it is a photograph of anybody, and nothing about skin can be learned from it. Every picture carries the mark
DRAWN, every case the attribute `origin` with the value `drawn`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.sources.sample.drawing import SIDE, Array, BodyPart, Colour, Pose, noise, paint, spread, tint
from dermtools.cases.sources.sample.lesions import LESIONS, add_lesion
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

_TONES = np.array(
    [(232, 199, 182), (224, 186, 161), (207, 163, 130), (190, 140, 103), (142, 96, 68), (88, 60, 46)], np.float32
) / np.float32(255)
_font = cache(ImageFont.load_default)
_HAIR: dict[str, tuple[Colour, ...]] = {
    "light": ((0.42, 0.29, 0.17), (0.20, 0.14, 0.10), (0.58, 0.46, 0.30)),
    "dark": ((0.09, 0.07, 0.06),),
    "grey": ((0.62, 0.61, 0.60),),
}
_CLOTHS: tuple[Colour, ...] = (
    *((0.42, 0.56, 0.60), (0.36, 0.47, 0.58), (0.55, 0.60, 0.62)),
    *((0.44, 0.55, 0.47), (0.62, 0.63, 0.66)),
)

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
        shown=("fitzpatrick", "age", "sex", "origin"),
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
    """One JPEG: the patient seeds tone, hair, cloth, body and lesion; the picture's number pose, light and grain."""
    site, fitzpatrick, person = patient.sites[picture], patient.fitzpatrick, (seed, patient.number)
    personal = np.random.default_rng(person)
    tone = _TONES[fitzpatrick - 1] * (1 + personal.normal(0, 0.012, 3).astype(np.float32))
    cloth = _CLOTHS[int(personal.integers(len(_CLOTHS)))]
    hairs = _HAIR["grey" if patient.age > 66 else "light" if fitzpatrick <= 3 else "dark"]
    hair = np.array(hairs[int(personal.integers(len(hairs)))], np.float32)[:, None, None]
    size = float(personal.uniform(0.15, 0.21))
    place = SITES[site].places[patient.number % len(SITES[site].places)]

    rng = np.random.default_rng([*person, picture])
    zoom = float(rng.uniform(1.4, 2.0) if picture % 3 else rng.uniform(0.88, 1.25))  # close-ups and overviews
    share = max(0.12, 1 - 0.9 / zoom)  # the closer, the nearer the lesion to the middle of the frame
    x, y = (at * share + float(rng.normal(0, 0.05)) for at in place)
    pose = Pose((x, y), zoom, turn=float(rng.normal(0, 0.14)))
    body_seed, lesion_seed = ([*person, list(SITES).index(site), what] for what in (1, 2))

    part = SITES[site].draw(pose, np.random.default_rng(body_seed))
    skin = _skin(tone, rng)
    for mask, factors in part.tints:
        tint(skin, mask, factors)
    column, row = pose.pixels([place])[0].tolist()
    of_lesion, darkness = np.random.default_rng(lesion_seed), (fitzpatrick - 1) / 5
    height = add_lesion(skin, patient.lesion, of_lesion, (column, row), size * pose.unit, pose.turn, darkness)
    for mask, colour in part.paints:
        paint(skin, mask, np.asarray(colour, np.float32) * (0.55 + 0.45 * tone))
    if part.hair:
        shade = hair * (1 + 0.12 * noise(rng, 9))
        for mask, opacity in part.hair:
            paint(skin, mask, shade, opacity)
    return _jpeg(_photograph(_light(skin, part, height, cloth, rng), rng))


def _skin(tone: Array, rng: np.random.Generator) -> Array:
    """Skin without form or light, shape (3, SIDE, SIDE): uneven pigment and blood, pores."""
    grain, blood = noise(rng, 3), noise(rng, 45)
    pores = grain - np.roll(grain, 1, axis=(0, 1))
    pigment = (1 + 0.022 * noise(rng, 70) + 0.014 * noise(rng, 12)) * (1 + 0.022 * pores)
    redness = (pigment, pigment * (1 - 0.016 * blood), pigment * (1 - 0.012 * blood))
    return np.stack([colour * field for colour, field in zip(tone, redness, strict=True)])


def _light(skin: Array, part: BodyPart, height: Array, cloth: Colour, rng: np.random.Generator) -> Array:
    """Round the form by its outline and relief, lay it on cloth with a shadow, light it from above on the left."""
    roundness = 0.5 * spread(part.skin, 16) + 0.5 * spread(part.skin, 44)
    shade = 0.62 + 0.40 * roundness + 1.8 * _rise(spread(part.skin, 26))
    skin *= shade + part.relief + np.clip(1.1 * _rise(height), -0.25, 0.25)
    folds = 1 + 0.05 * noise(rng, 90) + 0.03 * noise(rng, 5)
    shadow = 1 - 0.45 * np.pad(spread(part.skin, 22), ((9, 0), (7, 0)), mode="edge")[:SIDE, :SIDE]
    picture = np.stack([np.float32(colour) * (folds * shadow) for colour in cloth])
    paint(picture, np.maximum.reduce([part.skin, *(mask for mask, _ in part.hair)]), skin)
    return picture


def _rise(surface: Array) -> Array:
    """How steeply a surface rises to the right and down, so how much it faces a light above on the left."""
    return np.pad((surface[2:, 2:] - surface[:-2, :-2]) / 2, 1, mode="edge")


def _photograph(picture: Array, rng: np.random.Generator) -> Array:
    """Uneven light, vignette, white balance and sensor noise, in place; to bytes, shape (3, SIDE, SIDE)."""
    axis = np.linspace(-1, 1, SIDE, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    slant = float(rng.uniform(0.02, 0.08)) * (x * (1 if rng.integers(2) else -1) - y)
    light = 255 * (1.02 + slant - 0.10 * (x**2 + y**2))
    grain = 2 * rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    for channel, balance in zip(picture, rng.normal(1, 0.010, 3), strict=True):
        channel *= light * np.float32(balance)
        channel += grain
    return np.clip(picture, 0, 255, out=picture)


def _jpeg(picture: Array) -> bytes:
    image = Image.merge("RGB", [Image.fromarray(channel) for channel in picture.astype(np.uint8)])
    pen = ImageDraw.Draw(image)
    pen.rectangle((SIDE - 58, SIDE - 21, SIDE - 5, SIDE - 5), fill=(30, 32, 36))
    pen.text((SIDE - 31.5, SIDE - 13), "DRAWN", fill=(240, 240, 240), font=_font(size=13), anchor="mm")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
