"""What a case base keeps of its tuned index: the choice, how it is searched, and the recall that was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.manifest import recall_note
from dermtools.errors import CaseBaseError
from dermtools.files import read_record

RECORD = "tuned.json"
FORMAT = 1


class IndexRecord(BaseModel):
    """The record of `dermtools index`, kept beside the index."""

    model_config = ConfigDict(frozen=True)

    format_version: int = FORMAT
    kind: str = Field(description="FAISS's name of the index, or 'exact' where none helps")
    file: str | None = Field(description="name of the index's file; null where it is exact")
    checksum: str | None = None
    key: str = Field(description="names the vectors that it was made of")
    cases: int
    dimension: int
    lists: int = 0
    probes: int = Field(0, description="lists that a search looks into")
    refined: int = Field(0, description="candidates whose exact distance is computed")
    wanted: float = Field(description="recall@5 that was asked for")
    recall: float = Field(description="share of the five nearest cases of other patients that are found, as measured")
    low: float = Field(description="its 95 % interval over patients")
    high: float
    queries: int = Field(description="held-out cases that it was measured on, each of another patient")
    bytes_per_vector: float = Field(description="in memory, without the exact vectors, which stay on the disk")
    milliseconds: float = Field(description="of one search, at the median, where the index was made")
    exact_milliseconds: float = Field(description="of one exact search there")
    seconds: float = Field(0.0, description="that making it took")

    @property
    def exact(self) -> bool:
        return self.file is None

    @property
    def facts(self) -> dict[str, Any]:
        """What says how far to trust it, as plain data."""
        return self.model_dump(mode="json", exclude={"format_version", "file", "checksum", "key"})

    @property
    def note(self) -> str:
        """One line for whoever reads what was found; "" where it is exact."""
        if self.exact:
            return ""
        return recall_note(self.recall, self.low, self.high, self.queries)


def kept_record(folder: Path) -> IndexRecord | None:
    """The record in the folder of what is derived; None where no index was made.

    A CaseBaseError where it is damaged or of a newer format.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    return read_record(
        path,
        IndexRecord,
        newest=FORMAT,
        error=CaseBaseError,
        what="the record of an index",
        missing=f"{path} is missing",
        remedy="make it again with dermtools index",
    )
