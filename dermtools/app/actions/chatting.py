"""Conversations with the agent: its text, its tool calls and the cases that it sees, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.overview import NoArguments
from dermtools.app.actions.searching import case_facts
from dermtools.app.conversations import HeldConversation
from dermtools.app.receiver import check_receiver, told_receiver
from dermtools.handles import CASE_PREFIX
from dermtools.prediction import Query
from dermtools.stops import invoke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dermtools.agent import AgentAnswer, Conversation, Event
    from dermtools.app.session import AppSession


class BeginArguments(Arguments):
    """A task that the agent is to answer with one of its labels; None to converse freely."""

    task: str | None = None


class ConversationArguments(Arguments):
    """Which conversation."""

    id: str


class AskArguments(ConversationArguments):
    """A question, and who the person was told receives it."""

    question: str = Field(min_length=1, max_length=20_000)
    pictures: list[str] = Field(default=[], max_length=16)
    """Handles of pictures that were brought, or of cases."""
    receiver: str


def conversations(session: AppSession, _: NoArguments, __: Teller) -> dict[str, Any]:
    """Every conversation of this server, the newest first, and who would receive the next message."""
    listed = [{"id": one.id, "title": one.title, "task": one.task} for one in session.conversations]
    return {"conversations": listed, **told_receiver(session)}


def begin(session: AppSession, arguments: BeginArguments, _: Teller) -> dict[str, Any]:
    """A new conversation: its id. Sends nothing.

    Raises:
        QueryError: no model was named, or no such task.
        ModelError: the model cannot be set up.
    """
    from dermtools.agent import create_derm_agent

    model = session.chat_model()
    agent = create_derm_agent(model, session.opened, task=arguments.task, vision_model=model, library=session.library)
    held = HeldConversation(arguments.task, agent.conversation())
    session.conversations.add(held)
    return {"id": held.id}


def conversation(session: AppSession, arguments: ConversationArguments, _: Teller) -> dict[str, Any]:
    """All that was said in a conversation.

    Raises:
        QueryError: there is no such conversation any more.
    """
    held = session.conversations.get(arguments.id)
    return {"id": held.id, "task": held.task, "turns": held.turns, "running": held.running}


def ask_agent(session: AppSession, arguments: AskArguments, teller: Teller) -> dict[str, Any]:
    """The agent's turn; each event is a step, or more of its text. When the page hangs up, the model is hung up on.

    Raises:
        QueryError: another receiver was shown, another question is being answered, no such conversation.
        ImageError: a picture is not there any more.
        ModelError: the model did not answer.
    """
    check_receiver(session, arguments.receiver)
    held = session.conversations.get(arguments.id)
    pictures = [{"handle": handle, "name": _name(session, handle)} for handle in arguments.pictures]
    with held.turn(arguments.question, pictures) as turn:
        talk = held.conversation
        handles = [_attached(session, talk, handle) for handle in arguments.pictures]
        steps = _Steps(session, turn, teller)

        def plain() -> None:
            for event in talk.stream(arguments.question, handles):
                steps.take(event)

        async def awaited() -> None:
            async for event in talk.astream(arguments.question, handles):
                steps.take(event)

        invoke(plain, awaited)
    return turn


class _Steps:
    """Writes down the steps of a turn, and tells each: the page folds what it is told in the same way."""

    def __init__(self, session: AppSession, turn: dict[str, Any], teller: Teller) -> None:
        self._session, self._turn, self._teller = session, turn, teller

    def take(self, event: Event) -> None:
        from dermtools.agent import Finished, TextDelta, ToolFinished, ToolStarted

        steps: list[dict[str, Any]] = self._turn["steps"]
        match event:
            case TextDelta(text):
                if not steps or "text" not in steps[-1]:
                    self._step(len(steps), {"text": ""})
                steps[-1]["text"] += text
                self._teller.event({"at": len(steps) - 1, "more": text})
            case ToolStarted(call_id, name, arguments):
                self._step(len(steps), {"tool": name, "call": call_id, "arguments": arguments, "succeeded": None})
            case ToolFinished(call_id, name, text, succeeded, data):
                place = next((at for at, step in enumerate(steps) if step.get("call") == call_id), len(steps))
                begun = steps[place] if place < len(steps) else {"tool": name, "call": call_id, "arguments": {}}
                found = data or {}
                shown = [handle for handle in found.get("pictures", ()) if isinstance(handle, str)]
                cases = _cases(self._session, found.get("case_ids", ()))
                self._step(place, {**begun, "succeeded": succeeded, "result": text, "cases": cases, "pictures": shown})
            case Finished(answer):
                self._turn["answer"] = _told(self._session, answer)

    def _step(self, place: int, step: dict[str, Any]) -> None:
        self._turn["steps"][place : place + 1] = [step]
        self._teller.event({"at": place, "step": dict(step)})


def _told(session: AppSession, answer: AgentAnswer) -> dict[str, Any]:
    """What the page shows of an answer besides its steps."""
    from dermtools.prompting.cost.estimate import price_of

    used = answer.usage
    told = answer.model_dump(
        mode="json",
        include={"text", "task", "label", "confidence", "notes", "invented", "looked_up", "problem", "stopped"},
    )
    return {
        **told,
        "cited": _cases(session, answer.cited),
        "usage": used.model_dump(),
        "dollars": price_of(session.model or "", used.input_tokens, used.output_tokens, used.cached_input_tokens),
    }


def _cases(session: AppSession, case_ids: Iterable[str]) -> list[dict[str, Any]]:
    known = session.opened.columns.row_of
    return [case_facts(session.opened.case(case_id)) for case_id in dict.fromkeys(case_ids) if case_id in known]


def _name(session: AppSession, handle: str) -> str:
    return handle if handle.startswith(CASE_PREFIX) else session.context.images.get(handle).name


def _attached(session: AppSession, talk: Conversation, handle: str) -> str:
    """Give a picture to this conversation alone, without its file's name; its handle there.

    A case comes with its group, so that the agent's searches leave its patient out.
    """
    if handle.startswith(CASE_PREFIX):
        source: bytes | Query = session.workspace.query(handle, session.context)
        group_id = None
    else:
        brought = session.context.images.get(handle)
        source, group_id = brought.source, brought.group_id
    images = talk.context.images
    if isinstance(source, Query):
        return images.add_query(source).handle
    return images.add(source, name="picture", group_id=group_id).handle


ACTIONS = [
    Action("conversations", NoArguments, conversations),
    Action("begin_conversation", BeginArguments, begin),
    Action("conversation", ConversationArguments, conversation),
    Action("ask_agent", AskArguments, ask_agent),
]
