"""What a classifier learns from: vectors and labels of the train and validation cases, checked on entry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from dermtools.adapter.config import Strict
from dermtools.errors import QueryError, TrainingError
from dermtools.prediction import Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.store import CaseStore

MIN_PART = 40
"""Validation is divided where each part gets this many cases or more; otherwise all of it serves twice."""


@dataclass(frozen=True, eq=False)
class LabelledVectors:
    """Cases to learn from. Row i of every field is the same case; labels may be several a case.

    Raises:
        TrainingError: the fields differ in length, a case has no label, or a vector is not finite.
    """

    vectors: NDArray[np.float32]
    """float32, shape (n, d)."""
    labels: Sequence[tuple[str, ...]]
    """True labels, one or several a case."""
    case_ids: Sequence[str]
    """Each once."""
    group_ids: Sequence[str]
    """Patients, or other groups."""
    content_hashes: Sequence[str] | None = None
    """Of the pictures; methods that look up neighbours leave out the same picture by them."""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2:
            raise TrainingError(f"vectors have shape {self.vectors.shape}; they must have (cases, dimension)")
        lengths = {len(self.vectors), len(self.labels), len(self.case_ids), len(self.group_ids)}
        if len(lengths) != 1:
            raise TrainingError(f"vectors, labels, case ids and group ids differ in length: {sorted(lengths)}")
        broken = np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))
        if broken.size:
            others = f" and {broken.size - 1} more" if broken.size > 1 else ""
            raise TrainingError(
                f"the embedding of case {self.case_ids[broken[0]]!r}{others} holds NaN or infinity; "
                "embed it again, or delete the case"
            )
        unlabelled = next((row for row, labels in enumerate(self.labels) if not labels), None)
        if unlabelled is not None:
            raise TrainingError(f"case {self.case_ids[unlabelled]!r} has no label; leave it out of training")

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def groups(self) -> int:
        """Number of different groups."""
        return len(set(self.group_ids))

    def take(self, rows: Sequence[int]) -> LabelledVectors:
        """Some of the cases, in the order of `rows`."""
        fields = (self.labels, self.case_ids, self.group_ids, *([self.content_hashes] if self.content_hashes else []))
        picked: list[Any] = [[field[row] for row in rows] for field in fields]
        return LabelledVectors(self.vectors[list(rows)], *picked)

    def queries(self) -> list[Query]:
        """The cases as questions to a method: vectors and the ids that the leak guard needs, no labels."""
        return [
            Query(
                name=case_id,
                vector=self.vectors[row],
                case_id=case_id,
                group_id=self.group_ids[row],
                content_hash=self.content_hashes[row] if self.content_hashes else None,
            )
            for row, case_id in enumerate(self.case_ids)
        ]


class FittedOn(Strict):
    """Split, cases and groups that something was fitted on.

    `cases` and `groups` are counts, `split` the name of the split.
    """

    split: str
    cases: int = Field(ge=0)
    groups: int = Field(ge=0)
    held_out: bool = Field(description="False: the weights were fitted or the model was chosen on the same cases")

    @classmethod
    def describe(cls, cases: LabelledVectors, *, split: str, held_out: bool) -> FittedOn:
        """Counts of the cases, with what is said of them."""
        return cls(split=split, cases=len(cases), groups=cases.groups, held_out=held_out)

    def __str__(self) -> str:
        return f"{self.cases} cases of {self.groups} groups of the {self.split} split"


def soft_targets(cases: LabelledVectors, labels: Sequence[str]) -> NDArray[np.float64]:
    """Truth as a distribution, shape (n, labels): a case with several labels gives each an equal share.

    TrainingError where a case has a label outside `labels`.
    """
    column = {label: index for index, label in enumerate(labels)}
    targets = np.zeros((len(cases), len(labels)))
    for row, (case_id, truth) in enumerate(zip(cases.case_ids, cases.labels, strict=True)):
        for label in truth:
            if label not in column:
                raise TrainingError(f"case {case_id!r} has label {label!r}, which the task's label set does not hold")
            targets[row, column[label]] = 1.0
    return np.asarray(targets / np.maximum(targets.sum(axis=1, keepdims=True), 1.0))


def standardisation(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and scale of each input, float32, shape (d,); the scale of a constant input is 1."""
    values = vectors.astype(np.float64)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    # Rounding alone gives a constant float32 column a deviation of about 1e-8 of its size.
    constant = scale <= 1e-6 * np.abs(values).max(axis=0)
    return mean.astype(np.float32), np.where(constant, 1.0, scale).astype(np.float32)


@dataclass(frozen=True, eq=False)
class TaskData:
    """One task of a case base: its closed label set, and the cases that may be learned from; never test.

    `train` and `valid` are the cases of these splits that carry a label of `task`; `labels` the closed set, and
    `notes` what to know of it, one line each.
    """

    task: str
    labels: tuple[str, ...]
    train: LabelledVectors
    valid: LabelledVectors
    version: int
    """Version of the case base that the cases come from."""
    notes: tuple[str, ...] = ()


def task_data(store: CaseStore, task: str) -> TaskData:
    """The train and validation cases of a task that have a label.

    A validation case whose group is in train too is left out, and a note says so.

    Raises:
        QueryError: the case base has no such task.
        TrainingError: an embedding is not finite.
    """
    columns, vectors = store.columns_and_vectors()
    found = store.manifest.task(task)
    if found is None:
        names = ", ".join(known.name for known in store.manifest.tasks) or "none"
        raise QueryError(f"{store.path} has no task {task!r}; its tasks: {names}")
    truth, groups = columns.labels[task], columns.group_ids

    def labelled(split: str) -> list[int]:
        rows: list[int] = np.flatnonzero(truth.known & columns.splits.mask(split)).tolist()
        return rows

    def cases(rows: list[int]) -> LabelledVectors:
        fields = (truth, columns.case_ids, groups, columns.content_hashes)
        picked: list[Any] = [[field[row] for row in rows] for field in fields]
        return LabelledVectors(vectors[rows], *picked)

    train, valid = labelled("train"), labelled("valid")
    seen = {groups[row] for row in train}
    unseen = [row for row in valid if groups[row] not in seen]
    left_out = len(valid) - len(unseen)
    notes = [f"{left_out} validation cases left out: their group is in train too"] if left_out else []
    return TaskData(task, found.labels, cases(train), cases(unseen), columns.version, tuple(notes))


@dataclass(frozen=True, eq=False)
class ValidationParts:
    """Validation in two: cases to choose by (checkpoint, penalty, weights), and cases to calibrate on."""

    tuning: LabelledVectors
    calibration: LabelledVectors
    shared: bool
    """Both are the same cases, because there are too few to divide."""


def validation_parts(valid: LabelledVectors) -> ValidationParts:
    """Divide validation by group, so that what is calibrated was not chosen on the same cases.

    Groups are ordered by a hash of their names, so every method over one case base divides it alike.
    """
    rows_of: dict[str, list[int]] = {}
    for row, group in enumerate(valid.group_ids):
        rows_of.setdefault(group, []).append(row)
    parts: tuple[list[int], list[int]] = ([], [])
    for group in sorted(rows_of, key=lambda group: hashlib.sha256(group.encode()).digest()):
        # To the smaller part: the parts stay even although groups differ in size.
        min(parts, key=len).extend(rows_of[group])
    if min(map(len, parts)) < MIN_PART:
        return ValidationParts(valid, valid, shared=True)
    tuning, calibration = (valid.take(sorted(part)) for part in parts)
    return ValidationParts(tuning, calibration, shared=False)
