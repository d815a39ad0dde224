"""What every method takes and returns: a `Query` in, a `Prediction` out.

A method is anything that predicts a label for a picture: a neighbours' vote, an adapter, a prompted
vision model, an agent. They share this protocol, so that an evaluation can compare them and a fusion
can combine them without knowing how each one works.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Query:
    """One picture (or text) to be looked up or classified, and what is known about it.

    `group_id` and `content_hash` feed the leak guard: a query never meets its own group or picture.

    `text` is what to look up where there is no picture; `case_id` is set where the query is a case of the case base.
    """

    name: str
    """How to call it in a table: a file name, a case id, or a few words of the text."""
    image: Image.Image | None = None
    """RGB picture, upright; None for a text or bare vector query."""
    jpeg: bytes | None = field(default=None, repr=False)
    """The clean stored JPEG where the query is a case; methods that send pictures prefer it."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False)
    """Embedding, float32, shape (d,)."""
    text: str | None = None
    case_id: str | None = None
    group_id: str | None = None
    content_hash: str | None = None
    remark: str = ""
    """What a model that is shown the picture is told beside it."""


class Outcome(StrEnum):
    """How a prediction ended. Only `OK` carries a label."""

    OK = "ok"
    ABSTAINED = "abstained"
    """The method chose not to answer: too uncertain by its own threshold."""
    INVALID = "invalid"
    """A reply outside the closed label set, or no reply that can be read; kept raw, never mapped."""
    REFUSED = "refused"
    """The model declined to answer."""
    FILTERED = "filtered"
    """The provider's content filter stopped the request or the reply."""
    TRUNCATED = "truncated"
    """The reply was cut off before an answer could be read."""
    ERROR = "error"
    """The call failed; `reason` says how."""


class Exemplar(BaseModel):
    """A case that a prediction rests on, in the order in which the method used it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: str
    group_id: str
    labels: tuple[str, ...]
    distance: float | None = Field(default=None, description="Euclidean distance to the query; None if not searched")


class TokenUsage(BaseModel):
    """Tokens that one prediction was billed for; a cache hit counts none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(**{name: getattr(self, name) + getattr(other, name) for name in TokenUsage.model_fields})


class Trail(BaseModel):
    """What an agent did on its way to an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fetched: bool = Field(description="whether it looked cases up: a tool showed it some")
    calls: dict[str, int] = Field(default={}, description="tool to how often it was called, refused calls included")
    pictures: int = Field(default=0, description="pictures of different cases that its tools showed it")


class Prediction(BaseModel):
    """The answer of one method for one query. A research result, not a diagnosis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    """Its name, e.g. `rag-5`."""
    task: str
    """The name of what was predicted."""
    outcome: Outcome = Outcome.OK
    """`ok`, or why there is no label."""
    label: str | None = None
    """Of the task's closed set; None unless the outcome is `ok`."""
    probabilities: dict[str, float] | None = Field(
        default=None, description="label to probability, most probable first; sums to 1; None where the method has none"
    )
    label_set: tuple[str, ...] | None = Field(
        default=None, description="conformal label set at the coverage the method was fitted for"
    )
    exemplars: tuple[Exemplar, ...] = ()
    """Cases that were shown or that voted, in that order."""
    raw: str | None = Field(default=None, description="the model's reply as it came")
    usage: TokenUsage | None = None
    """Tokens; None where no service counted them."""
    reason: str | None = Field(default=None, description="why there is no label, in one line")
    trail: Trail | None = Field(default=None, description="of an agent alone", exclude_if=lambda trail: trail is None)

    @model_validator(mode="after")
    def _label_goes_with_ok(self) -> Prediction:
        if (self.outcome is Outcome.OK) != (self.label is not None):
            raise ValueError(f"outcome {self.outcome} and label {self.label!r} contradict each other")
        return self

    @property
    def confidence(self) -> float | None:
        """Probability of the most probable label; None where the method gives no probabilities."""
        return max(self.probabilities.values()) if self.probabilities else None


def ranked(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Order a label-to-probability mapping most probable first, ties by label name."""
    return dict(sorted(probabilities.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Estimate:
    """What one prediction will cost, before anything is sent. None where the price is unknown.

    `input_tokens` and `output_tokens` are of one call, `price_usd` is in US dollars.
    """

    input_tokens: int
    output_tokens: int
    price_usd: float | None
    ceiling_usd: float | None = None
    """The most it can cost: every output token that the call allows; None takes `price_usd`."""


FREE = Estimate(0, 0, 0.0)


@runtime_checkable
class Method(Protocol):
    """Predicts the label of one task. Subclass `LocalMethod` for one that asks no service."""

    @property
    def name(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def remote(self) -> bool:
        """Whether each prediction is a call to a service: sent one by one, several at once, and priced."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a record has to name so that predictions can be repeated, as JSON: model, prompt hash, ..."""
        ...

    def predict(self, query: Query) -> Prediction: ...

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """One prediction a query, in their order. May batch."""
        ...

    def estimate(self, query: Query) -> Estimate | None:
        """What one prediction will cost; None where that is unknown."""
        ...

    def price(self, usage: TokenUsage | None) -> float | None:
        """US dollars for the tokens that an answer used; None where that is unknown."""
        ...


class LocalMethod(ABC):
    """Base of methods that run here, cost nothing and have no settings; `name` and `task` are the subclass's."""

    remote = False

    @property
    def settings(self) -> Mapping[str, Any]:
        return {}

    @abstractmethod
    def predict(self, query: Query) -> Prediction: ...

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return [self.predict(query) for query in queries]

    def estimate(self, query: Query) -> Estimate | None:
        return FREE

    def price(self, usage: TokenUsage | None) -> float | None:
        return 0.0


class _Completed(LocalMethod):
    """A method of somebody's own that leaves out some of the protocol; what it does not say of its price is unknown."""

    def __init__(self, method: Any) -> None:
        self._method = method
        self.name: str = method.name
        self.task: str = method.task
        self.remote = bool(getattr(method, "remote", hasattr(method, "price")))

    @property
    def settings(self) -> Mapping[str, Any]:
        return dict(getattr(self._method, "settings", {}))

    def predict(self, query: Query) -> Prediction:
        prediction: Prediction = self._method.predict(query)
        return prediction

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        return self._said("predict_many", super().predict_many)(queries)

    def estimate(self, query: Query) -> Estimate | None:
        return self._said("estimate", lambda query: None)(query)

    def price(self, usage: TokenUsage | None) -> float | None:
        return self._said("price", lambda usage: None)(usage) if usage is not None else None

    def _said(self, name: str, otherwise: Callable[..., T]) -> Callable[..., T]:
        return getattr(self._method, name, otherwise)


def as_method(method: Any) -> Method:
    """What has `name`, `task` and `predict`, with everything that the protocol asks for besides."""
    return method if isinstance(method, Method) else _Completed(method)
