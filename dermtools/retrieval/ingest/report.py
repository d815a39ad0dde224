"""What an ingest did, as programs and people read it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from dermtools.cases.case import Problem
from dermtools.retrieval.writing import Writing


class Duplicate(BaseModel, frozen=True, extra="forbid"):
    """A case whose picture is stored already under another id. It is kept, with the same vector."""

    case_id: str
    same_as: str


class IngestReport(BaseModel, frozen=True, extra="forbid"):
    """What an ingest did, as programs and people read it.

    `added` and `unchanged` count cases; `duplicates` are pictures that came under several ids; `seconds` is how long
    it took.
    """

    added: int = 0
    updated: int = Field(default=0, description="cases whose labels, attributes or picture changed")
    unchanged: int = 0
    embedded: int = Field(default=0, description="pictures that went through the embedder")
    duplicates: tuple[Duplicate, ...] = ()
    problems: tuple[Problem, ...] = Field(default=(), description="what was left out or looks wrong, and why")
    notes: tuple[str, ...] = Field(default=(), description="what the source says of itself, and how it was read")
    writing: tuple[Writing, ...] | None = Field(
        default=None, description="what was read in pictures; null where it was not looked for"
    )
    seconds: float = 0.0
