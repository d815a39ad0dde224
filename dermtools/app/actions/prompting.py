"""A prompt exactly as it would be sent; and sending it, once the person has seen it and who receives it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.classifying import asked_about, predicted
from dermtools.app.actions.searching import case_facts
from dermtools.app.receiver import check_receiver, told_receiver
from dermtools.errors import PromptError, QueryError
from dermtools.stops import invoke

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from dermtools.app.session import AppSession
    from dermtools.prompting.builder import BuiltPrompt, PromptBuilder
    from dermtools.prompting.chain import PromptChain

_ROLES = {"human": "user", "ai": "assistant"}


class PromptsArguments(Arguments):
    """The task that prompts are wanted for."""

    task: str


class PreviewArguments(Arguments):
    """As of `prompt_for`."""

    of: str
    """Handle of a picture that was brought, or of a case."""
    task: str
    method: str = "rag-5"
    prompt: str | None = None
    """Its id in the library; by default the one for the task."""
    note: str = Field(default="", max_length=4000)
    """What is known besides the picture."""


class SendArguments(PreviewArguments):
    """What was previewed, and what the person saw of it."""

    receiver: str
    digest: str


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A prompt that is ready to be sent."""

    builder: PromptBuilder
    built: BuiltPrompt
    chain: PromptChain | None
    """None where no model was named, or it cannot be set up."""
    messages: list[BaseMessage]
    schema: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of everything that is sent: messages with their pictures, and the schema of the answer."""
        sent = [[(message.type, message.content) for message in self.messages], self.schema]
        return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def prompts(session: AppSession, arguments: PromptsArguments, _: Teller) -> dict[str, Any]:
    """The methods that ask a model, and the prompts of the library whose answer is a label.

    Raises:
        QueryError: no such task.
    """
    from dermtools.prompting.method_names import MAX_SHOTS, WITH_SHOTS

    task = session.opened.task(arguments.task)
    listed, problems = [], []
    for entry in session.library.entries():
        if entry.prompt is None:
            problems.append(f"{entry.id}: {entry.problem}")
        elif entry.prompt.file.label_field and entry.prompt.file.task in (None, task.name):
            file = entry.prompt.file
            listed.append({"id": entry.id, "version": file.version, "description": file.description})
    usual = session.library.for_task(task).id
    return {"prompts": listed, "usual": usual, "problems": problems, "with_shots": WITH_SHOTS, "most_shots": MAX_SHOTS}


def preview(session: AppSession, arguments: PreviewArguments, _: Teller) -> dict[str, Any]:
    """The messages, their size and price, and who would receive them. Sends nothing.

    Raises:
        QueryError, ImageError: no such task or case; the picture cannot be read.
        PromptError: the prompt or the method does not fit.
    """
    from dermtools.prompting.cost.estimate import estimate_prompt

    prepared, case_base = _prepared(session, arguments), session.opened
    builder, built = prepared.builder, prepared.built
    estimate = builder.estimate(built, session.model)
    if len(prepared.messages) > len(built.messages):  # a model without structured output is told how to answer
        estimate = estimate_prompt(prepared.messages, session.model, output_tokens=estimate.output_tokens)
    return {
        **asked_about(session, built.query, arguments.task),
        "method": arguments.method,
        "prompt": {"id": builder.prompt.id, "version": builder.prompt.file.version},
        "messages": [told_message(message) for message in prepared.messages],
        "schema": prepared.schema,
        "asked_by": prepared.chain.asker.structured if prepared.chain else None,
        "estimate": {**asdict(estimate), "dollars": estimate.dollars},
        "exemplars": [case_facts(case_base.case(one.case_id)) for one in built.exemplars],
        "digest": prepared.digest,
        **told_receiver(session),
    }


def send(session: AppSession, arguments: SendArguments, _: Teller) -> dict[str, Any]:
    """The model's answer; a failed call is one without a label.

    Raises:
        QueryError: nothing was sent, since what would be, or who receives it, is not what was shown.
        QueryError, ImageError, PromptError, ModelError: as `preview`, or there is no model.
    """
    from dermtools.prompting.prompted_method import PromptedMethod

    check_receiver(session, arguments.receiver)
    prepared, case_base = _prepared(session, arguments), session.opened
    if arguments.digest != prepared.digest or prepared.chain is None:
        raise QueryError("nothing was sent: the prompt is not the one that you were shown any more; look at it again")
    chain = prepared.chain
    prediction = invoke(chain.send, chain.asend, prepared.built)
    return {
        **asked_about(session, prepared.built.query, arguments.task),
        **predicted(case_base, prediction),
        "receiver": arguments.receiver,
        "dollars": PromptedMethod(chain, priced_as=session.model).price(prediction.usage),
        "left_out": chain.asker.left_out,
    }


def _prepared(session: AppSession, arguments: PreviewArguments) -> _Prepared:
    from dermtools.prompting.asking.output_schema import answer_schema
    from dermtools.prompting.chain import PromptChain
    from dermtools.prompting.factory import prompt_for

    builder = prompt_for(
        arguments.method,
        case_base=session.opened,
        task=arguments.task,
        prompt=arguments.prompt,
        library=session.library,
    )
    if builder.prompt.file.label_field is None:
        raise PromptError(f"prompt {builder.prompt.id!r} gives no label; choose one that does")
    query = session.workspace.query(arguments.of, session.context)
    built = builder.build({"query": query, "note": arguments.note})
    chain = None
    if told_receiver(session)["receiver"] is not None:
        chain = PromptChain(builder, session.chat_model())
    messages = chain.asker.messages_for(built.messages) if chain else built.messages
    labels = builder.labels.shown if builder.labels else ()
    return _Prepared(builder, built, chain, messages, answer_schema(builder.prompt.file.output, labels))


def told_message(message: BaseMessage) -> dict[str, Any]:
    """A message as the page shows it: its role, and texts and pictures in their order."""
    from dermtools.prompting.cost.estimate import blocks

    parts = [{"text": part} if isinstance(part, str) else {"picture": asdict(part)} for part in blocks(message)]
    return {"role": _ROLES.get(message.type, message.type), "parts": parts}


ACTIONS = [
    Action("prompts", PromptsArguments, prompts),
    Action("preview_prompt", PreviewArguments, preview),
    Action("send_prompt", SendArguments, send),
]
