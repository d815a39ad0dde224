"""What an evaluation compares: arms. An arm is one method under one model, prompt and setting: a row of the table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from dermtools.prediction import Method, Query, TokenUsage


@dataclass(frozen=True)
class Estimate:
    """What one call will cost, before it is sent. None where the price is unknown."""

    input_tokens: int
    output_tokens: int
    price_usd: float | None
    ceiling_usd: float | None = None
    """The most it can cost: every output token that the call allows; None takes `price_usd`."""


@runtime_checkable
class PricedMethod(Protocol):
    """What a method offers besides `Method` where its calls cost money."""

    def estimate(self, query: Query) -> Estimate | None:
        """What one call will cost; None where that is unknown."""
        ...

    def price(self, usage: TokenUsage) -> float | None:
        """US dollars for tokens used; None where the model's price is unknown."""
        ...


@dataclass(frozen=True)
class Arm:
    """One row of the table."""

    name: str
    """Unique in a run, e.g. `rag-5 · openai:gpt-4.1`."""
    method: Method
    remote: bool = False
    """Whether each prediction is a call to a service: sent one by one, several at once, and counted as calls."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What makes its answers repeatable, as JSON: model, parameters, prompt id and hash, ..."""

    @classmethod
    def of(cls, method: Method | Arm) -> Arm:
        """An arm as it is; a bare method under its own name, remote where its calls have a price."""
        if isinstance(method, Arm):
            return method
        return cls(method.name, method, remote=isinstance(method, PricedMethod), facts=_facts(method))

    def estimate(self, query: Query) -> Estimate | None:
        """What one call will cost; None where that is unknown."""
        if not self.remote:
            return Estimate(0, 0, 0.0)
        return self.method.estimate(query) if isinstance(self.method, PricedMethod) else None

    def price(self, usage: TokenUsage | None) -> float | None:
        """US dollars that an answer cost; None where that is unknown."""
        if not self.remote:
            return 0.0
        if usage is None or not isinstance(self.method, PricedMethod):
            return None
        return self.method.price(usage)


def _facts(method: Method) -> dict[str, Any]:
    """What a method says of itself; of a trained one, enough to tell it from one trained again otherwise."""
    from dermtools.adapter import VectorClassifierMethod

    if isinstance(method, VectorClassifierMethod):
        record = method.classifier.record
        digest = hashlib.sha256(record.model_dump_json().encode()).hexdigest()
        return {"trained": record.config.model_dump(mode="json"), "training_record": digest[:16]}
    settings = getattr(method, "settings", None)
    return dict(settings) if isinstance(settings, Mapping) else {}
