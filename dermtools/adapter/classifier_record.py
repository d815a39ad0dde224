"""What is known about a trained classifier beside its weights: `adapter.json` in the case base."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from dermtools.adapter.answering import Answering
from dermtools.adapter.config import ClassifierConfig, Strict
from dermtools.adapter.kinds import KINDS, model_class
from dermtools.adapter.training_data import FittedOn
from dermtools.adapter.vector_model import Architecture
from dermtools.cases.identity import EmbedderIdentity

FORMAT_VERSION: Literal[1] = 1


def _config_of_its_kind(value: Any) -> Any:
    """The settings as the class of the kind that they name."""
    if not isinstance(value, dict):
        return value
    if value.get("kind") not in KINDS:
        raise ValueError(f"unknown kind {value.get('kind')!r}; there are: {', '.join(KINDS)}")
    return model_class(value["kind"]).config_class.model_validate(value)


class ClassifierRecord(Strict):
    """Everything about a trained classifier but its weights.

    `kind` names the sort of classifier and `config` its settings, `architecture` the network. `task` is what it
    predicts; `embedder` and `case_base_version` say which vectors it learned from, `trained_on` which cases.
    `format_version` is that of the file.
    """

    format_version: Literal[1] = FORMAT_VERSION
    kind: str
    task: str
    labels: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="in the order of the logits")
    architecture: Architecture
    embedder: EmbedderIdentity
    case_base_version: int
    trained_on: FittedOn
    chosen_on: FittedOn | None = Field(description="cases that chose the checkpoint or penalty; None without any")
    config: Annotated[SerializeAsAny[ClassifierConfig], BeforeValidator(_config_of_its_kind)]
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
        if getattr(self.config, "conv", None) != self.architecture.conv:
            raise ValueError("config and architecture name different convolutions")
        return self

    @property
    def seed(self) -> int:
        """The seed it was trained with; 0 for a kind that leaves nothing to chance."""
        return int(getattr(self.config, "seed", 0))

    def remarks(self) -> tuple[str, ...]:
        """What a user should know about this classifier, one line each."""
        if self.answering is None:
            missing = "no validation cases: no early stopping, not calibrated, no label sets, no abstention"
            return (*self.notes, missing)
        return (*self.notes, *self.answering.remarks())
