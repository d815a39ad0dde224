"""What a case is: one labelled image, with its group, labels and attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from dermtools.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dermtools.cases.identity import EmbedderIdentity

Split = Literal["train", "valid", "test"]
"""What a case may be used for: to learn from, to choose and calibrate by, or to be judged by."""
SPLITS: tuple[Split, ...] = ("train", "valid", "test")
"""All of them, in that order."""

AttributeValue = str | int | float | bool
"""Value of one attribute of one case."""


class Case(BaseModel):
    """One labelled image.

    A group is whatever must never sit on both sides of a comparison: the patient, else the encounter
    or the lesion. Labels are per task and may be several; a task without a known label is absent.
    Unknown attributes are absent too.

    `case_id` is unique in a case base, `group_id` shared by cases that belong together; `split` is `train`, `valid` or
    `test`, or None; `labels` are by task, `attributes` by column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: str = Field(min_length=1)
    group_id: str = Field(min_length=1)
    split: Split | None = None
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    attributes: dict[str, AttributeValue] = Field(default_factory=dict, repr=False)  # a repr may end in a log or error


class Task(BaseModel):
    """A label column to predict: a question with a closed label set; truth may hold several labels.

    `name` is that of the column, `question` what a model is asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    question: str
    labels: tuple[str, ...] = Field(description="the closed set, sorted")


@dataclass(frozen=True)
class SourceCase:
    """A case as a source delivers it: the case and its picture (a path, encoded bytes, or what gives the bytes)."""

    case: Case
    """Its ids, labels and attributes."""
    image: Path | bytes | Callable[[], bytes] | None = field(default=None, repr=False)
    """Called for each use of the picture and not kept, so that few of many are in memory; raises an ImageError.
    None where the picture is missing, which only the option `without_pictures` lets through, and vectors."""
    content_hash: str = ""
    """Of the picture without its metadata, where it was read to make splits; "" otherwise."""
    split_made: bool = False
    """Whether the split was made here; one that the source gives is never changed."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False)
    """Its embedding, float32, shape (d,), where it was computed elsewhere."""
    picture_hash: bytes = field(default=b"", repr=False)
    """Perceptual hash of the picture, where it was read to make splits; b"" otherwise."""

    @property
    def picture(self) -> Path | bytes:
        """The picture as a path or encoded bytes; an ImageError where there is none, or it cannot be had."""
        if self.image is None:
            raise ImageError(f"{self.case.case_id} has no picture")
        return self.image() if callable(self.image) else self.image


@dataclass(frozen=True)
class Problem:
    """One thing that was left out or looks wrong, and why; never a reason to stop the rest."""

    where: str
    """A case id, a file, or a row such as `records.csv row 12`."""
    reason: str
    """In one line."""


@dataclass(frozen=True)
class SourceData:
    """Everything that a source delivers. `problems` are rows it could not turn into cases.

    `name` is the source's, `tasks` and `cases` are what it has; `licence`, `citation` and `url` are kept with the data
    where it names them.
    """

    name: str
    tasks: tuple[Task, ...]
    cases: tuple[SourceCase, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=(), metadata={"doc": "facts to keep with the data: licence, drawn, ..."})
    licence: str | None = None
    citation: str | None = None
    url: str | None = None
    kept: tuple[str, ...] | None = None
    """Attributes that an ingest stores; None stores all."""
    shown: tuple[str, ...] = ()
    """Attributes that say nothing of a person, as in a drawn sample: they are shown from the start."""
    identity: EmbedderIdentity | None = None
    """Of the embedder that made the cases' vectors, where it is known: another one's case base does not take them."""
    told: tuple[str, ...] = ()
    """How it was read, with names of files, sheets and columns: for who reads it in, not kept, so no model sees it."""
