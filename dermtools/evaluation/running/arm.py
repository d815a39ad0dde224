"""What an evaluation compares: arms. An arm is one method under one model, prompt and setting: a row of the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dermtools.prediction import FREE, Estimate, Method, Query, TokenUsage, as_method

if TYPE_CHECKING:
    from dermtools.prompting import PromptedMethod

PricedMethod = Method
"""Former name of what every method offers now."""


@dataclass(frozen=True)
class Arm:
    """One row of the table."""

    name: str
    """Unique in a run, e.g. `rag-5 · openai:gpt-4.1`."""
    method: Method
    """What predicts."""
    remote: bool = False
    """Whether each prediction is a call to a service: sent one by one, several at once, and counted as calls."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What makes its answers repeatable, as JSON: model, parameters, prompt id and hash, ..."""
    covers: Collection[str] | None = None
    """Ids of the only cases that it can be asked about; None where it answers for every case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", as_method(self.method))

    @classmethod
    def of(cls, method: Method | Arm) -> Arm:
        """An arm as it is; a bare method under its own name."""
        if isinstance(method, Arm):
            return method
        method = as_method(method)
        return cls(method.name, method, remote=method.remote, facts=dict(method.settings))

    @property
    def documents(self) -> Mapping[str, str]:
        """What a run keeps of what the method asks with, path to text: a prompt file, the schema of its answer."""
        return getattr(self.method, "documents", {})

    def can_answer(self, case_id: str) -> bool:
        """Whether it can be asked about a case."""
        return self.covers is None or case_id in self.covers

    def estimate(self, query: Query) -> Estimate | None:
        """What one call will cost; None where that is unknown."""
        return self.method.estimate(query) if self.remote else FREE

    def price(self, usage: TokenUsage | None) -> float | None:
        """US dollars that an answer cost; None where that is unknown."""
        return self.method.price(usage) if self.remote else 0.0


def prompted_arm(method: PromptedMethod, model: str, *, name: str | None = None) -> Arm:
    """The arm of a prompted method; `model` is `provider:model` for the price list, and part of the usual name."""
    return replace(Arm.of(method.priced_as(model)), name=name or f"{method.name} · {model}")
