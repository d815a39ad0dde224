"""A chain as a method: the protocol that evaluation and fusion know, `zero-shot`, `random-5`, `rag-5` and so on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import factorial
from typing import Any

from dermtools.prediction import Estimate, LocalMethod, Prediction, Query, TokenUsage
from dermtools.prompting.asking.models import model_name, model_provider
from dermtools.prompting.chain import PromptChain
from dermtools.prompting.cost.estimate import price_of
from dermtools.prompting.exemplars.permuted import PermutedSelector
from dermtools.prompting.exemplars.selectors import RandomSelector
from dermtools.prompting.files.library import HASH_SHOWN
from dermtools.prompting.files.writing import prompt_yaml
from dermtools.prompting.model_names import usual_output_limit

SLACK = 2.0
"""A ceiling takes so many times the estimated input tokens, which rest on a rule of thumb."""
UNLIMITED_OUTPUT = 4096
"""Output tokens that a ceiling assumes where the model sets no limit; one label takes about ten."""


class PromptedMethod(LocalMethod):
    """Predicts by asking a vision model. Implements `dermtools.prediction.Method`.

    It is `remote`: each prediction is a call that is priced.

    Args:
        chain: what asks, from `chain_for`.
        name: what to call it; by default the method's name, e.g. `rag-5`.
        concurrency: questions at once in `predict_many`.
        priced_as: `provider:model`, as the price list knows it; by default what the chain's model says of itself.
    """

    remote = True

    def __init__(
        self, chain: PromptChain, *, name: str | None = None, concurrency: int = 8, priced_as: str | None = None
    ) -> None:
        self.chain, self.task, self._concurrency = chain, chain.task, concurrency
        self.name = name or str(chain.builder.method)
        model = chain.asker.model
        self._named_price = priced_as
        self._priced_as = priced_as or f"{model_provider(model)}:{model_name(model)}"

    @property
    def settings(self) -> dict[str, Any]:
        """Model, parameters, prompt id and hash, selection of examples, and the method's name."""
        own = self.chain.settings
        named = {"model": self._named_price} if self._named_price else {}
        if self._named_price and self._named_price.partition(":")[2] != own["model"]:
            named["model_name"] = own["model"]  # what is asked is not what the price list calls it
        return {**own, "method": self.name, **named}

    @property
    def documents(self) -> dict[str, str]:
        """What a record keeps of its prompt, path to text: the prompt file with its glosses, the answer's schema."""
        prompt = self.chain.builder.prompt
        folder = f"prompts/{prompt.hash[:HASH_SHOWN]}"
        schema = json.dumps(self.chain.asker.schema, indent=1, ensure_ascii=False) + "\n"
        return {f"{folder}/{prompt.id}.yaml": prompt_yaml(prompt.file), f"{folder}/{self.task}.schema.json": schema}

    def predict(self, query: Query) -> Prediction:
        """One prediction; a failed call has outcome `error`, a query without a picture raises a QueryError."""
        return self._named(self.chain.invoke(query))

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """As `predict`, several at once, in the order of the queries."""
        predictions = self.chain.batch(list(queries), config={"max_concurrency": self._concurrency})
        return [self._named(prediction) for prediction in predictions]

    @property
    def max_output_tokens(self) -> int | None:
        """The model's limit on a reply; None where it sets none."""
        return getattr(self.chain.asker.model, "max_tokens", None)

    def priced_as(self, model: str) -> PromptedMethod:
        """The same method with another name in the price list."""
        return PromptedMethod(self.chain, name=self.name, concurrency=self._concurrency, priced_as=model)

    def repeated(self, over: str, number: int) -> PromptedMethod | None:
        """The method to be asked once more; None where that means nothing to it.

        Args:
            over: `calls`: the same prompt, which no cache answers; `draws`: random examples by another seed; `order`:
                the same examples in another order.
            number: of the repetition, from 1.
        """
        chain, selector = self.chain, self.chain.builder.selector
        if over == "calls":
            chain = chain.uncached()
        elif over == "draws" and isinstance(selector, RandomSelector):
            chain = chain.selecting(selector.drawn_again(number))
        elif over == "order" and number < factorial(selector.k):
            chain = chain.selecting(PermutedSelector(selector, number))
        else:
            return None
        return PromptedMethod(chain, name=self.name, concurrency=self._concurrency, priced_as=self._named_price)

    def estimate(self, query: Query) -> Estimate | None:
        """What this very prompt will cost; None where the model's way of counting pictures is unknown."""
        builder = self.chain.builder
        sized = builder.estimate(builder.build(query), self._priced_as)
        if sized.input_tokens is None:
            return None
        limit = self.max_output_tokens or max(UNLIMITED_OUTPUT, usual_output_limit(self._priced_as))
        return Estimate(
            input_tokens=sized.input_tokens,
            output_tokens=sized.output_tokens,
            price_usd=sized.dollars,
            ceiling_usd=price_of(self._priced_as, round(SLACK * sized.input_tokens), limit),
        )

    def price(self, usage: TokenUsage | None) -> float | None:
        """US dollars by list price; a cached reply, which counts no tokens, costs nothing."""
        if usage is None:
            return None
        if not usage.input_tokens and not usage.output_tokens:
            return 0.0
        return price_of(self._priced_as, usage.input_tokens, usage.output_tokens, usage.cached_input_tokens)

    def _named(self, prediction: Prediction) -> Prediction:
        return prediction.model_copy(update={"method": self.name})
