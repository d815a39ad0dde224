"""The chains: picture in, prediction or answer out, as LangChain Runnables."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any, Self, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config
from pydantic import BaseModel

from dermtools.errors import PromptError
from dermtools.prediction import Exemplar, Outcome, Prediction, TokenUsage
from dermtools.prompting.asking.asker import DEFAULT_RETRY, Asker, RetryPolicy, Structured
from dermtools.prompting.asking.model_facts import model_facts
from dermtools.prompting.asking.models import model_name
from dermtools.prompting.asking.replies import Reply
from dermtools.prompting.builder import BuiltPrompt, PromptBuilder
from dermtools.prompting.chain_input import ChainInput
from dermtools.prompting.exemplars.selectors import ExemplarSelector
from dermtools.tracing import private_config

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")


class AskingChain(Runnable[ChainInput, T], ABC):
    """Builds a prompt, asks a chat model, reads its answer. A failed call is an outcome, not an exception.

    `stream` and `astream` give the steps as they happen, one dictionary each: `exemplars`, `messages`, `result`.
    Traces show pictures by handle, size and hash, see `dermtools.tracing`.
    """

    def __init__(
        self,
        builder: PromptBuilder,
        model: BaseChatModel,
        *,
        structured: Structured = "auto",
        retry: RetryPolicy = DEFAULT_RETRY,
    ) -> None:
        self.builder = builder
        self.asker = Asker(model, builder.prompt.file.output, builder.labels, structured=structured, retry=retry)
        self.name = str(builder.method)

    def uncached(self) -> Self:
        """The same chain, whose calls no cache answers."""
        made = copy(self)
        made.asker = self.asker.uncached()
        return made

    def selecting(self, selector: ExemplarSelector) -> Self:
        """The same chain with another choice of examples."""
        made = copy(self)
        made.builder = copy(self.builder)
        made.builder.selector = selector
        return made

    @abstractmethod
    def _result(self, built: BuiltPrompt, reply: Reply) -> T: ...

    @property
    def settings(self) -> dict[str, Any]:
        """What a record of this chain's results has to name, so that they can be repeated. Plain data."""
        model = self.asker.model
        return {
            **self.builder.settings,
            "model": model_name(model),
            "structured": self.asker.asked_first,
            **model_facts(model),
            "left_out": self.asker.left_out,
        }

    def invoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """One result; a QueryError or ImageError where the input cannot be resolved or read."""
        return self._call_with_config(self._run, input, private_config(config), **kwargs)

    async def ainvoke(self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """As `invoke`; searching and reading happen off the event loop."""
        return await self._acall_with_config(self._arun, input, private_config(config), **kwargs)

    def send(self, built: BuiltPrompt, config: RunnableConfig | None = None) -> T:
        """The result of a prompt that was built before: these very messages are sent, whatever has changed since."""
        return self._result(built, self.asker.ask(built.messages, private_config(config)))

    async def asend(self, built: BuiltPrompt, config: RunnableConfig | None = None) -> T:
        """As `send`."""
        return self._result(built, await self.asker.aask(built.messages, private_config(config)))

    def stream(  # type: ignore[override]  # steps, not pieces of a result: those cannot be added up
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[dict[str, Any]]:
        steps: Any = self._steps
        yield from self._transform_stream_with_config(iter([input]), steps, private_config(config), **kwargs)  # type: ignore[misc]

    async def astream(  # type: ignore[override]  # as `stream`
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[dict[str, Any]]:
        async def inputs() -> AsyncIterator[ChainInput]:
            yield input

        steps: Any = self._asteps
        async for step in self._atransform_stream_with_config(inputs(), steps, private_config(config), **kwargs):
            yield step  # type: ignore[misc]

    def _steps(
        self, values: Iterator[ChainInput], run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Iterator[dict[str, Any]]:
        child = patch_config(config, callbacks=run_manager.get_child())
        for value in values:
            built = self.builder.build(value)
            yield {"exemplars": built.exemplars}
            yield {"messages": self.asker.messages_for(built.messages)}
            yield {"result": self._result(built, self.asker.ask(built.messages, child))}

    async def _asteps(
        self, values: AsyncIterator[ChainInput], run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AsyncIterator[dict[str, Any]]:
        child = patch_config(config, callbacks=run_manager.get_child())
        async for value in values:
            built = await asyncio.to_thread(self.builder.build, value)
            yield {"exemplars": built.exemplars}
            yield {"messages": self.asker.messages_for(built.messages)}
            yield {"result": self._result(built, await self.asker.aask(built.messages, child))}

    def _run(self, value: ChainInput, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> T:
        built = self.builder.build(value)
        child = patch_config(config, callbacks=run_manager.get_child())
        return self._result(built, self.asker.ask(built.messages, child))

    async def _arun(self, value: ChainInput, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig) -> T:
        built = await asyncio.to_thread(self.builder.build, value)
        child = patch_config(config, callbacks=run_manager.get_child())
        return self._result(built, await self.asker.aask(built.messages, child))


class PromptChain(AskingChain[Prediction]):
    """Picture to `Prediction`: the label of a closed set, or an honest outcome without one.

    Options are `structured` and `retry`, as for `chain_for`; `task` is the name of what it predicts.

    Raises:
        PromptError: the prompt has no task or gives no label; `AnswerChain` is for such.
    """

    def __init__(self, builder: PromptBuilder, model: BaseChatModel, **options: Any) -> None:
        if builder.task is None or builder.prompt.file.label_field is None:
            raise PromptError(f"prompt {builder.prompt.id!r} gives no label; use answer_chain for it")
        self.task = builder.task.name
        super().__init__(builder, model, **options)

    def _result(self, built: BuiltPrompt, reply: Reply) -> Prediction:
        return Prediction(method=str(self.builder.method), task=self.task, label=reply.label, **_said(built, reply))


class Answer(BaseModel, frozen=True, extra="forbid"):
    """What a prompt with its own output schema, such as `describe` or `compare`, was answered.

    `prompt` is the id of the file; `outcome` is `ok`, or why there are no values, which `reason` says in one line.
    `raw` is the model's reply as it came, `exemplars` are the cases that it was shown, and `usage` is its tokens, None
    where the service did not count.
    """

    prompt: str
    outcome: Outcome
    values: dict[str, Any] | None = None
    """The fields of the prompt's output schema; None unless the outcome is `ok`."""
    raw: str | None = None
    exemplars: tuple[Exemplar, ...] = ()
    usage: TokenUsage | None = None
    reason: str | None = None


class AnswerChain(AskingChain[Answer]):
    """Picture to `Answer`: the fields that the prompt file's output schema asks for."""

    def _result(self, built: BuiltPrompt, reply: Reply) -> Answer:
        return Answer(prompt=self.builder.prompt.id, values=reply.values, **_said(built, reply))


def _said(built: BuiltPrompt, reply: Reply) -> dict[str, Any]:
    """What a prediction and an answer both tell."""
    told = {name: getattr(reply, name) for name in ("outcome", "raw", "usage", "reason")}
    return {**told, "exemplars": built.exemplars}
