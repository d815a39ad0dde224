"""What is known about a trained classifier beside its weights: `adapter.json` in the case base."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dermtools.adapter.answering import Answering
from dermtools.adapter.config import AdapterConfig, ClassifierConfig, Conv
from dermtools.adapter.data import FittedOn
from dermtools.cases.identity import EmbedderIdentity

FORMAT_VERSION: Literal[1] = 1

Kind = Literal["adapter", "linear-probe"]


class Architecture(BaseModel):
    """Shape of the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: Annotated[int, Field(ge=1, le=2**20)] = Field(description="of the embeddings")
    labels: Annotated[int, Field(ge=1, le=2**20)]
    conv: Conv | None = Field(default=None, description="of an adapter; None for a linear probe")
    hidden: Annotated[int, Field(ge=1, le=2**16)] | None = Field(default=None, description="width of an adapter")


class ClassifierRecord(BaseModel):
    """Everything about a trained classifier but its weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = FORMAT_VERSION
    kind: Kind
    task: str
    labels: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="in the order of the logits")
    architecture: Architecture
    embedder: EmbedderIdentity
    case_base_version: int
    trained_on: FittedOn
    chosen_on: FittedOn | None = Field(description="cases that chose the checkpoint or penalty; None without any")
    config: ClassifierConfig = Field(discriminator="kind")
    metrics: dict[str, float] = Field(description="of training, e.g. best_epoch; of validation where there is any")
    answering: Answering | None = Field(default=None, description="None without validation: not calibrated")
    notes: tuple[str, ...] = Field(default=(), description="what happened in training; `remarks` has more")

    @model_validator(mode="after")
    def _parts_agree(self) -> ClassifierRecord:
        if self.kind != self.config.kind:
            raise ValueError(f"kind {self.kind} and config of a {self.config.kind} contradict each other")
        if len(self.labels) != self.architecture.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(
                f"{len(self.labels)} labels, repeated or not as many as the {self.architecture.labels} logits"
            )
        if self.architecture.dimension != self.embedder.dimension:
            raise ValueError("dimensions of architecture and embedder differ")
        sizes = {self.architecture.conv is not None, self.architecture.hidden is not None}
        if sizes != {self.kind == "adapter"}:
            raise ValueError(f"architecture does not fit a {self.kind}")
        if isinstance(self.config, AdapterConfig) and self.config.conv != self.architecture.conv:
            raise ValueError("config and architecture name different convolutions")
        return self

    @property
    def seed(self) -> int:
        """The seed it was trained with."""
        return self.config.seed

    def remarks(self) -> tuple[str, ...]:
        """What a user should know about this classifier, one line each."""
        if self.answering is None:
            missing = "no validation cases: no early stopping, not calibrated, no label sets, no abstention"
            return (*self.notes, missing)
        return (*self.notes, *self.answering.remarks())
