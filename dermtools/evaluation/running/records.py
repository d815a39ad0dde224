"""Answers on disk: one JSON line each, written through to the disk as they come.

A process may be killed at any moment. The worst that is left is a torn last line, which counts as never written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.errors import DermtoolsError
from dermtools.files import write_whole
from dermtools.prediction import Outcome, Prediction


class RunError(DermtoolsError):
    """An evaluation cannot be run, resumed, read or paid for as asked."""


class Record(BaseModel):
    """One answer: what was asked, what is true, what came back, and what it cost."""

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


def read_records(path: Path) -> list[Record]:
    """All whole lines of a record file; an absent file has none, a torn last line is passed over.

    Raises:
        RunError: a line before the last one is damaged, or the file cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            found.append(Record.model_validate_json(line))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise RunError(f"{path} line {number} is damaged ({reason}); remove that line and run again") from None
    return found


class RecordLog:
    """Appends records to a file. Safe to share between threads; only one process may have it open."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        with path.open("a+b") as file:
            _cut_torn_line(file.fileno())
        self._file = path.open("ab")

    def append(self, records: Sequence[Record]) -> None:
        """Write records; they are on the disk when this returns."""
        lines = "".join(record.model_dump_json() + "\n" for record in records).encode()
        with self._guard:
            self._file.write(lines)
            self._file.flush()
            os.fsync(self._file.fileno())

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Replace a record file."""
    write_whole(path, "".join(record.model_dump_json() + "\n" for record in records))


def _cut_torn_line(file: int) -> None:
    """Shorten the file to its last line end."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - 65536)
        place = os.pread(file, end - start, start).rfind(b"\n")
        if place >= 0:
            end = start + place + 1
            break
        end = start
    os.ftruncate(file, end)
