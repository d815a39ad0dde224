"""Asks a chat model: structured output where it can, step by step less where it cannot, retrying what may succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, get_args

import tenacity

from dermtools.errors import PromptError
from dermtools.prompting.asking.failures import (
    call_errors,
    failed_reply,
    is_ours,
    is_retryable,
    refuses_mode,
    requested_wait,
)
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.output_schema import answer_format, answer_schema
from dermtools.prompting.asking.replies import Reply, read_reply
from dermtools.prompting.asking.service import left_out
from dermtools.prompting.files.schema import OutputField
from dermtools.tracing.handlers import private_model

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

Structured = Literal["auto", "json_schema", "tools", "text"]
"""How the answer is asked for; `auto` starts at `json_schema` and steps down where the model refuses."""

MODES = ("json_schema", "tools", "text")


@dataclass(frozen=True)
class RetryPolicy:
    """When to try a failed call again: only after what may pass (429, 5xx, connection, time-out).

    Args:
        attempts: tries in all.
        first_wait: seconds before the second try; doubled each time, with jitter.
        max_wait: longest wait in seconds; a service that asks for more is not asked again.
    """

    attempts: int = 5
    first_wait: float = 1.0
    max_wait: float = 60.0

    def _arguments(self) -> dict[str, Any]:
        growing = tenacity.wait_exponential(multiplier=self.first_wait, max=self.max_wait)
        backoff = growing + tenacity.wait_random(0, self.first_wait)

        def wait(state: tenacity.RetryCallState) -> float:
            asked = requested_wait(state.outcome.exception() if state.outcome else None)
            return backoff(state) if asked is None else asked

        def worth_it(error: BaseException) -> bool:
            return is_retryable(error) and (requested_wait(error) or 0) <= self.max_wait

        stop = tenacity.stop_after_attempt(self.attempts)
        return {"retry": tenacity.retry_if_exception(worth_it), "stop": stop, "wait": wait, "reraise": True}

    def retrying(self) -> tenacity.Retrying:
        """For synchronous calls."""
        return tenacity.Retrying(**self._arguments())

    def async_retrying(self) -> tenacity.AsyncRetrying:
        """For asynchronous calls."""
        return tenacity.AsyncRetrying(**self._arguments())


DEFAULT_RETRY = RetryPolicy()


class Asker:
    """Asks one model for one kind of answer. Never raises for a failed call: the `Reply` says what happened.

    The model's own retries come on top; `chat_model` switches them off. Without `output` fields, plain text is asked
    for; `labels` is the closed set, for prompts whose answer holds a label.
    """

    def __init__(
        self,
        model: BaseChatModel,
        output: Mapping[str, OutputField],
        labels: LabelSet | None,
        *,
        structured: Structured = "auto",
        retry: RetryPolicy = DEFAULT_RETRY,
    ) -> None:
        if structured not in get_args(Structured):
            raise PromptError(f"structured must be one of {', '.join(get_args(Structured))}, not {structured!r}")
        self.model, self.output, self.labels, self.retry = private_model(model), dict(output), labels, retry
        self._choice = structured
        self.schema = answer_schema(output, labels.shown if labels else ())
        """JSON schema of the answer, where one is asked for."""
        modes = ("text",) if not output else MODES if structured == "auto" else (structured,)
        self._modes = [(mode, runnable) for mode in modes if (runnable := self._runnable(mode))]
        if not self._modes:
            raise PromptError(f"{type(model).__name__} has no structured output by {structured}; use auto or text")
        self.asked_first = self._modes[0][0]
        """The mode in which the first question is asked."""

    def uncached(self) -> Asker:
        """One that asks the same model anew, whatever a cache holds."""
        model = self.model.model_copy(update={"cache": False})
        return Asker(model, self.output, self.labels, structured=self._choice, retry=self.retry)

    @property
    def left_out(self) -> list[str]:
        """What the service has refused so far, and is asked without since: parameters, ways of structured output."""
        refused = [] if self.structured == self.asked_first else [f"structured output by {self.asked_first}"]
        return [*left_out(self.model), *refused]

    @property
    def structured(self) -> str:
        """The mode in use: the best that the model has not refused so far."""
        return self._modes[0][0]

    def messages_for(self, messages: Sequence[BaseMessage], mode: str | None = None) -> list[BaseMessage]:
        """The messages as this mode sends them: text for several fields has to be told how to write them."""
        from langchain_core.messages import HumanMessage

        if (mode or self.structured) != "text" or len(self.output) < 2:
            return list(messages)
        return [*messages, HumanMessage(answer_format(self.output))]

    def ask(self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None) -> Reply:
        while True:
            mode, model = self._modes[0]
            sent = self.messages_for(messages, mode)
            try:
                message = self.retry.retrying()(model.invoke, sent, config)
            except call_errors() as error:
                if is_ours(error):
                    raise
                if not self._step_down(mode, error):
                    return failed_reply(error)
            else:
                return read_reply(message, self.output, self.labels)

    async def aask(self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None) -> Reply:
        while True:
            mode, model = self._modes[0]
            sent = self.messages_for(messages, mode)
            try:
                message: AIMessage = await self.retry.async_retrying()(model.ainvoke, sent, config)
            except call_errors() as error:
                if is_ours(error):
                    raise
                if not self._step_down(mode, error):
                    return failed_reply(error)
            else:
                return read_reply(message, self.output, self.labels)

    def _step_down(self, mode: str, error: Exception) -> bool:
        """Leave a mode that the service refuses, for this and all later questions; False on the last one."""
        modes = self._modes
        if modes[0][0] != mode:
            return True  # another thread has stepped down meanwhile: ask again in the mode that is left
        if mode == "text" or len(modes) == 1 or not refuses_mode(error, mode):
            return False
        self._modes = modes[1:]
        return True

    def _runnable(self, mode: str) -> Runnable[Any, AIMessage] | None:
        if mode == "text":
            return self.model
        from langchain_core.runnables import RunnableSequence

        method = "json_schema" if mode == "json_schema" else "function_calling"
        build: Callable[..., Runnable[Any, Any]] = self.model.with_structured_output
        options: dict[str, Any]
        for options in ({"strict": True}, {}):
            # The plain dictionary, not a pydantic class: with a class LangChain loses the raw text of a bad reply.
            with suppress(NotImplementedError, ValueError, TypeError):
                built = build(self.schema, method=method, include_raw=True, **options)
                # LangChain's parser, which stands behind, takes minutes over a long text that is no JSON.
                return (built.first if isinstance(built, RunnableSequence) else built) | itemgetter("raw")
        return None
