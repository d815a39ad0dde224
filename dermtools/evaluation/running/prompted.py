"""Prompted methods as arms: what a call will cost beforehand, and what it did cost afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dermtools.evaluation.running.arm import Arm, Estimate
from dermtools.prompting.cost.estimate import price_of

if TYPE_CHECKING:
    from dermtools.prediction import Prediction, Query, TokenUsage
    from dermtools.prompting import PromptedMethod

SLACK = 2.0
"""A ceiling takes so many times the estimated input tokens, which rest on a rule of thumb."""
UNLIMITED_OUTPUT = 4096
"""Output tokens that a ceiling assumes where the model sets no limit; one label takes about ten."""


class PricedPrompt:
    """A prompted method that knows what its calls cost.

    Args:
        method: what asks.
        model: `provider:model`, as the price list knows it.
    """

    def __init__(self, method: PromptedMethod, model: str) -> None:
        self._method = method
        self._model = model

    @property
    def name(self) -> str:
        return self._method.name

    @property
    def task(self) -> str:
        return self._method.task

    def predict(self, query: Query) -> Prediction:
        return self._method.predict(query)

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return self._method.predict_many(queries)

    def estimate(self, query: Query) -> Estimate | None:
        """What this very prompt will cost; None where the model's way of counting pictures is unknown."""
        builder = self._method.chain.builder
        sized = builder.estimate(builder.build(query), self._model)
        if sized.input_tokens is None:
            return None
        limit = getattr(self._method.chain.asker.model, "max_tokens", None) or UNLIMITED_OUTPUT
        return Estimate(
            input_tokens=sized.input_tokens,
            output_tokens=sized.output_tokens,
            price_usd=sized.dollars,
            ceiling_usd=price_of(self._model, round(SLACK * sized.input_tokens), limit),
        )

    def price(self, usage: TokenUsage) -> float | None:
        """US dollars by list price; a cached reply, which counts no tokens, costs nothing."""
        if not usage.input_tokens and not usage.output_tokens:
            return 0.0
        return price_of(self._model, usage.input_tokens, usage.output_tokens, usage.cached_input_tokens)


def prompted_arm(method: PromptedMethod, model: str, *, name: str | None = None) -> Arm:
    """The arm of a prompted method.

    Args:
        method: what asks, from a chain of `dermtools.prompting`.
        model: `provider:model`, for the price list.
        name: what tables call it; by default method and model.
    """
    facts = {
        **method.settings,
        "model": model,
        "max_output_tokens": getattr(method.chain.asker.model, "max_tokens", None),
    }
    return Arm(name or f"{method.name} · {model}", PricedPrompt(method, model), remote=True, facts=facts)
