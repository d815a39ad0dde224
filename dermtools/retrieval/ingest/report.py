"""What an ingest did, as programs and people read it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import Problem


class Duplicate(BaseModel):
    """A case whose picture is there already under another id. It is kept, with the same vector."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: str
    same_as: str


class IngestReport(BaseModel):
    """What an ingest did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    updated: int = Field(default=0, description="cases whose labels, attributes or picture changed")
    unchanged: int = 0
    embedded: int = Field(default=0, description="pictures that went through the embedder")
    duplicates: tuple[Duplicate, ...] = ()
    problems: tuple[Problem, ...] = Field(default=(), description="cases left out, and why")
    seconds: float = 0.0
