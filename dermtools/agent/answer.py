"""What an agent answered: its label, and the cases it cited, held against those it really saw."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.agent.final_answer import ANSWER_TOOL, CANNOT_TELL, answer_labels, read_confidence
from dermtools.agent.interrupts import Interruption, waits_for
from dermtools.handles import CASE_PREFIX
from dermtools.prediction import TokenUsage
from dermtools.prompting.asking.replies import cut_off, read_reply, spoken_in, token_usage
from dermtools.prompting.files.schema import OutputField
from dermtools.text import one_line
from dermtools.tools import CATALOG

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AnyMessage

    from dermtools.cases import Task

_HANDLE = re.compile(r"case:([^\s<>\"'`|\[\](){},;]+)")
_WORD = re.compile(r"[\w][\w.\-]*[\w]")


class ToolUse(BaseModel):
    """One tool call of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: dict[str, Any]
    succeeded: bool
    case_ids: list[str] = Field(default=[], description="cases that it showed")
    pictures: list[str] = Field(default=[], description="handles of the pictures that it showed")


class AgentAnswer(BaseModel):
    """The answer to one question. A research result, not a diagnosis.

    `task` is what was asked for, if anything; `abstained` says whether the agent gave no label of its own will;
    `tools` are the calls it made, in order, and `usage` its tokens, all calls of the model together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="what the agent said; for a task, its reason")
    task: str | None = None
    label: str | None = Field(default=None, description="of the task's closed set; none without a task or an answer")
    abstained: bool = False
    confidence: float | None = Field(default=None, description="as the agent puts it, 0 to 1; not calibrated")
    notes: list[str] = Field(default=[], description="what to know of the answer, one line each")
    cited: list[str] = Field(default=[], description="case ids that it cites and was shown in this conversation")
    invented: list[str] = Field(default=[], description="case ids that it cites and was never shown")
    seen: list[str] = Field(default=[], description="case ids that its tools showed, in order")
    looked_up: bool = Field(default=False, description="whether it looked cases up for this answer")
    tools: list[ToolUse] = []
    usage: TokenUsage = TokenUsage()
    stopped: str | None = Field(default=None, description="why the run was cut short, in one line")
    waiting: list[Interruption] = Field(default=[], description="decisions that the run waits for, before it answers")
    problem: str | None = Field(default=None, description="why there is no label though a task was set, in one line")
    raw: str = Field(default="", description="the last reply as it came")


def read_answer(
    run: Sequence[AnyMessage],
    *,
    before: Sequence[AnyMessage] = (),
    seen_before: Sequence[str] = (),
    structured: Any = None,
    task: Task | None = None,
    known: Collection[str] = (),
    limit_reached: int | None = None,
    waiting: Sequence[Interruption] = (),
) -> AgentAnswer:
    """Read what the messages of a run say, its question left out.

    Cases in messages `before` it and those `seen_before` count as seen too; `structured` are the arguments of the final
    answer to a task. Of all `known` case ids, one that is cited without `case:` is recognised. A run that was stopped
    at a limit of calls of the model, or is `waiting`, has no answer.
    """
    tools = _tool_uses(run)
    shown = [case_id for use in (*_tool_uses(before), *tools) for case_id in use.case_ids]
    seen = list(dict.fromkeys([*seen_before, *shown]))
    replies = [message for message in run if message.type == "ai"]
    stopped = None
    if limit_reached is not None:
        stopped = f"stopped after {limit_reached} calls of the model without an answer"
        replies = []
    elif waiting:
        stopped = waits_for(waiting)
    raw = str(replies[-1].text) if replies else ""
    fields: dict[str, Any] = structured if isinstance(structured, dict) and stopped is None else {}
    said = spoken_in(raw)[0].strip()
    if fields:
        raw = json.dumps(fields, ensure_ascii=False)
    elif replies and stopped is None:
        stopped = cut_off(replies[-1])
    label, problem = None, None
    if task is not None and not waiting:
        fields, label, problem = _answered(fields, replies[-1] if replies else None, task)
        stopped = stopped if label is None else None
    abstained = label == CANNOT_TELL and task is not None and CANNOT_TELL not in task.labels
    text = fields["reason"] if isinstance(fields.get("reason"), str) else said
    cited, invented = citations(text, seen, known)
    named = fields.get("case_ids")
    for case_id in named if isinstance(named, list) else [named] if isinstance(named, str) else []:
        case_id = str(case_id).removeprefix(CASE_PREFIX)
        (cited if case_id in seen else invented).append(case_id)
    confidence, notes = read_confidence(told := fields.get("confidence")), []
    if told is not None and confidence is None:
        notes.append(f"the confidence was left out: {one_line(str(told), 40)!r} is no probability")
    return AgentAnswer(
        text=text,
        task=task.name if task is not None else None,
        label=None if abstained else label,
        abstained=abstained,
        confidence=confidence,
        notes=notes,
        cited=list(dict.fromkeys(cited)),
        invented=list(dict.fromkeys(invented)),
        seen=seen,
        looked_up=any(use.case_ids and use.name in CATALOG and CATALOG[use.name].shows_cases for use in tools),
        tools=tools,
        usage=_usage(run),
        stopped=stopped,
        waiting=list(waiting),
        problem="the agent cannot tell" if abstained else stopped or problem,
        raw=raw,
    )


def citations(text: str, seen: Collection[str], known: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Case ids that a text cites: those among `seen`, and those that are not.

    An id counts with `case:` in front of it; bare, where it is one of `seen` or `known` and looks like nothing else.
    """
    cited = []
    rest = text
    for case_id in sorted(seen, key=len, reverse=True):  # the longest first: one id may begin another
        prefix = f"(?:{CASE_PREFIX})?" if _is_telling(case_id) else CASE_PREFIX
        pattern = rf"(?<![\w.-]){prefix}{re.escape(case_id)}(?![\w-])"
        if re.search(pattern, rest):
            cited.append(case_id)
            rest = re.sub(pattern, " ", rest)
    order = {case_id: text.find(case_id) for case_id in cited}
    strange = [handle.rstrip(".:!?*") for handle in _HANDLE.findall(rest)]
    strange += [word for word in _WORD.findall(rest) if _is_telling(word) and word in known and word not in seen]
    return sorted(cited, key=order.__getitem__), [case_id for case_id in dict.fromkeys(strange) if case_id]


def _is_telling(word: str) -> bool:
    """Whether a bare word can only be an id: a plain number or a plain word may stand in any text."""
    return len(word) > 3 and not word.isdigit() and any(map(str.isdigit, word))


def _answered(
    fields: dict[str, Any], last: AIMessage | None, task: Task
) -> tuple[dict[str, Any], str | None, str | None]:
    """The answer's fields, its label or `CANNOT_TELL`, and why there is none; without fields, from the last reply."""
    labels = answer_labels(task)
    if not fields and last is not None and (last.text or cut_off(last)):
        reply = read_reply(last, {"label": OutputField(type="label", description="the answer")}, labels)
        return reply.values or {}, reply.label, reply.reason
    label = labels.match_value(given := fields.get("label"))
    if label is None and isinstance(given, str) and given.strip():
        return fields, None, f"no label of the set: {one_line(given, 80)!r}"
    return fields, label, None if label else "the agent gave no answer"


def _tool_uses(messages: Sequence[AnyMessage]) -> list[ToolUse]:
    """Every tool call that has a result, in order; the final answer is not one."""
    calls = {call["id"]: call for message in messages if message.type == "ai" for call in message.tool_calls}
    uses = []
    for message in messages:
        if message.type != "tool" or message.name == ANSWER_TOOL:
            continue
        call = calls.get(message.tool_call_id)
        shown = message.artifact if isinstance(message.artifact, dict) else {}
        uses.append(
            ToolUse(
                name=message.name or (call["name"] if call else ""),
                arguments=dict(call["args"]) if call else {},
                succeeded=message.status == "success",
                case_ids=_texts(shown.get("case_ids")),
                pictures=_texts(shown.get("pictures")),
            )
        )
    return uses


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _usage(messages: Sequence[AnyMessage]) -> TokenUsage:
    """Tokens of the agent's own replies and of the prompts that its tools ran."""
    total = TokenUsage()
    for message in messages:
        if message.type == "ai":
            total += token_usage(message) or TokenUsage()
        elif message.type == "tool" and isinstance(message.artifact, dict) and message.artifact.get("usage"):
            total += TokenUsage.model_validate(message.artifact["usage"])
    return total
