"""Answers on disk: one JSON line each, written through to the disk as they come.

A process may be killed at any moment. The worst that is left is a torn last line, which counts as never written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.errors import DermtoolsError
from dermtools.files import make_file
from dermtools.prediction import Outcome, Prediction


class RunError(DermtoolsError):
    """An evaluation cannot be run, resumed, read or paid for as asked."""


class Record(BaseModel):
    """One answer: what was asked, what is true, what came back, and what it cost.

    `case_id` and `group_id` are the case's, `truth` its labels of the task, `prediction` what the method said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str = Field(description="the row of the table: method, and model and prompt where there is one")
    case_id: str
    group_id: str
    truth: tuple[str, ...]
    prediction: Prediction
    latency_s: float = Field(ge=0, description="seconds; of a batch, its share")
    price_usd: float | None = Field(default=0.0, description="None where usage or price is unknown")

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the answer to one question: arm and case."""
        return self.arm, self.case_id

    @property
    def failed(self) -> bool:
        """Whether there was no answer at all."""
        return self.prediction.outcome is Outcome.ERROR


def read_records(path: Path) -> tuple[list[Record], int]:
    """All whole lines of a record file, and the bytes that they take; an absent file has none.

    Raises:
        RunError: a line before the last one is damaged, or the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    *lines, torn = content.split(b"\n")
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(Record.model_validate_json(line))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise RunError(f"{path} line {number} is damaged ({reason}); remove that line and run again") from None
    return found, len(content) - len(torn)


class RecordLog:
    """Appends records to a file. Safe to share between threads; only one process may have it open."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        self.records, length = read_records(path)
        """All that the file holds, in the order written: read once, here, and extended by what is appended."""
        make_file(path, within=path.parent)
        self._file = path.open("ab")
        self._file.truncate(length)

    def append(self, records: Sequence[Record]) -> None:
        """Write records; they are on the disk when this returns."""
        lines = as_lines(records).encode()
        with self._guard:
            self._file.write(lines)
            self._file.flush()
            os.fsync(self._file.fileno())
            self.records += records

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def as_lines(records: Iterable[Record]) -> str:
    """The content of a record file."""
    return "".join(record.model_dump_json() + "\n" for record in records)
