"""`dermtools chat`: a conversation with an agent that decides when to look similar cases up."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.cli.models import NONE_GIVEN, ModelOptions, connect
from dermtools.cli.output import NOT_A_DIAGNOSIS, show
from dermtools.cli.parameters import (
    AllowOption,
    CaseBasePath,
    CheckTextOption,
    EmbedderOption,
    PromptFolderOption,
)
from dermtools.errors import DermtoolsError, QueryError
from dermtools.files import local_path
from dermtools.text import bounded, instead

if TYPE_CHECKING:
    from dermtools.agent import AgentAnswer, Conversation, Event, Interruption
    from dermtools.agent.interrupts import Action

ATTACH = "/image "
HELP = f"Ask; {ATTACH}PATH attaches a picture, an empty line or Ctrl-D ends."
SHOWN_ARGUMENTS = 200
"""Characters of a tool call's arguments that are printed."""


def chat(
    path: CaseBasePath,
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="IMAGE...", help="Pictures to talk about.", parser=local_path)
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="PROVIDER:MODEL", help="Chat model that calls tools.")
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", metavar="TASK", help="Answer this task with one of its labels.")
    ] = None,
    allow: AllowOption = None,
    prompts: PromptFolderOption = None,
    reach: ModelOptions = NONE_GIVEN,
    embedder: EmbedderOption = None,
    check_text: CheckTextOption = None,
    ask_before: Annotated[
        list[str] | None,
        typer.Option("--ask-before", metavar="TOOL", help="Ask you before the agent uses this tool; repeatable."),
    ] = None,
) -> None:
    """Talk with an agent about pictures; it looks similar cases up where it wants to, and cites them."""
    from dermtools.agent import ImageGrants, create_derm_agent
    from dermtools.prompting import PromptLibrary
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path, embedder=embedder)
    chat_model = connect(model, reach, method="chat")
    agent = create_derm_agent(
        chat_model,
        case_base,
        task=task,
        grants=ImageGrants.allow(folders=allow or ()),
        vision_model=chat_model,
        library=PromptLibrary(*(prompts or ())),
        check_text=check_text,
        **_asking_before(ask_before or ()),
    )
    conversation = agent.conversation()
    attached: list[str | Path | bytes] = [*(images or ())]
    show(NOT_A_DIAGNOSIS, HELP)
    for line in _questions():
        if line.startswith(ATTACH):
            attached.append(Path(line.removeprefix(ATTACH).strip()).expanduser())
            continue
        try:
            _turn(conversation, line, attached)
        except DermtoolsError as error:
            # One failed turn does not end the conversation.
            show(f"error: {error}")
        attached = []


def _questions() -> Iterator[str]:
    """Lines from the terminal or from a pipe, until an empty one or the end."""
    with suppress(EOFError):
        while line := input("> " if sys.stdin.isatty() else "").strip():
            yield line


def _asking_before(tools: Sequence[str]) -> dict[str, Any]:
    """What makes an agent wait for a decision before it uses these tools."""
    if not tools:
        return {}
    from langchain.agents.middleware import HumanInTheLoopMiddleware, InterruptOnConfig
    from langgraph.checkpoint.memory import InMemorySaver

    from dermtools.tools import CATALOG

    for name in tools:
        if name not in CATALOG:
            raise QueryError(f"--ask-before: no tool {name!r}; {instead(name, CATALOG)}")
    reviewed = {name: InterruptOnConfig(allowed_decisions=["approve", "reject"]) for name in tools}
    return {"middleware": [HumanInTheLoopMiddleware({**reviewed})], "checkpointer": InMemorySaver()}


def _turn(conversation: Conversation, question: str, images: list[str | Path | bytes]) -> None:
    waiting = _told(conversation.stream(question, images))
    while waiting:
        decisions = [_decision(action) for one in waiting for action in one.actions]
        waiting = _told(conversation.stream_resume(decisions))


def _told(events: Iterator[Event]) -> Sequence[Interruption]:
    """Print what happens; what the run waits for in the end."""
    from dermtools.agent import Finished, TextDelta, ToolFinished, ToolStarted

    streamed = ""
    waiting: Sequence[Interruption] = ()
    for event in events:
        match event:
            case TextDelta(text):
                streamed += text
                typer.echo(text, nl=False)
            case ToolStarted(_, name, arguments):
                _end_of_line(streamed)
                streamed = ""
                typer.echo(f"[{name} {_arguments(arguments)}]")
            case ToolFinished(_, name, text, succeeded, _):
                typer.echo(f"[{name} {'done' if succeeded else 'failed: ' + ' '.join(text.split())}]")
            case Finished(answer):
                _end_of_line(streamed)
                waiting = answer.waiting
                if not waiting:
                    _show(answer, said=bool(streamed.strip()))
    return waiting


def _decision(action: Action) -> str:
    """Yes or no from the terminal or the pipe; its end is a no."""
    typer.echo(f"May it use {action.name} with {_arguments(action.arguments)}? [y/N]")
    said = next(_questions(), "")
    return "approve" if said.casefold() in ("y", "yes") else "reject"


def _arguments(arguments: dict[str, Any]) -> str:
    import json

    return bounded(json.dumps(arguments, ensure_ascii=False), SHOWN_ARGUMENTS)


def _end_of_line(streamed: str) -> None:
    if streamed and not streamed.endswith("\n"):
        typer.echo()


def _show(answer: AgentAnswer, *, said: bool) -> None:
    """What follows the streamed text: the label, the cases that it rests on, and what went wrong."""
    if answer.text and not said:
        show(answer.text)
    if answer.task is not None:
        confidence = "" if answer.confidence is None else f" (confidence {answer.confidence:.0%}, as the model puts it)"
        show(f"{answer.task}: {answer.label or 'no label: ' + (answer.problem or 'abstained')}{confidence}")
    for note in answer.notes:
        show(f"note: {note}")
    looked = "" if answer.looked_up else "; none was looked up for this answer"
    if answer.cited or looked:
        show(f"rests on: {', '.join(answer.cited) or 'no case'}{looked}")
    if answer.invented:
        show(f"warning: cites cases that it never saw: {', '.join(answer.invented)}")
    if answer.stopped:
        show(f"stopped: {answer.stopped}")
