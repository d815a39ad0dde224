"""What a run waits for that a person has to decide, and the decisions that it goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from langgraph.types import Interrupt
from pydantic import BaseModel, ConfigDict, Field

from dermtools.errors import QueryError
from dermtools.text import counted, few, instead, one_line

Decision: TypeAlias = str | Mapping[str, Any]
"""`approve` or `reject`, or as LangChain writes decisions: `{"type": "edit", "edited_action": {...}}`."""

NO_CHECKPOINTER = (
    "the run waits for a decision, and without a checkpointer it cannot go on; make the agent with "
    "create_derm_agent(..., checkpointer=InMemorySaver())"
)


class Action(BaseModel):
    """A tool call that waits for a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="of the tool")
    arguments: dict[str, Any]
    description: str = Field(default="", description="what the reviewer is told")
    decisions: list[str] = Field(default=[], description="kinds that are allowed; empty where it is not said")


class Interruption(BaseModel):
    """What one interrupt of LangGraph asks: decisions on actions, or whatever a tool or middleware wants to know.

    `id` is what `resume` names it by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    asked: Any = Field(description="as plain JSON values")
    actions: list[Action] = Field(default=[], description="the tool calls that it is about")

    @classmethod
    def of(cls, interrupt: Interrupt) -> Interruption:
        """Values that JSON does not know stand as text."""
        asked = json.loads(json.dumps(interrupt.value, default=str))
        return cls(id=interrupt.id, asked=asked, actions=_actions(asked, interrupt.response_schema))

    @property
    def batched(self) -> bool:
        """Whether its answer is a list of decisions."""
        return isinstance(self.asked, dict) and "action_requests" in self.asked


def interruptions(interrupts: Iterable[Interrupt]) -> list[Interruption]:
    """Each once, in their order."""
    return list({one.id: Interruption.of(one) for one in interrupts}.values())


def waits_for(waiting: Sequence[Interruption]) -> str:
    """What a run waits for, on one line."""
    names = few([action.name for one in waiting for action in one.actions])
    return f"waits for a decision{' on ' + one_line(names) if names else ''}; go on with Conversation.resume"


def answers(waiting: Sequence[Interruption], decisions: Sequence[Decision]) -> dict[str, Any]:
    """The value of LangGraph's `Command(resume=...)`: decisions in the order of the actions that wait.

    An interruption without actions takes one decision, whatever it is, as it is.

    Raises:
        QueryError: nothing waits, there are more or fewer decisions, or one that is not allowed.
    """
    if not waiting:
        raise QueryError("nothing waits for a decision in this conversation; ask a question")
    if isinstance(decisions, str | Mapping):
        raise QueryError('decisions are a list, one for each action that waits, e.g. ["approve"]')
    wanted = sum(max(1, len(one.actions)) for one in waiting)
    if len(decisions) != wanted:
        raise QueryError(f"{counted(wanted, 'decision')} wanted, not {len(decisions)}: the run {waits_for(waiting)}")
    given = iter(decisions)
    resumed: dict[str, Any] = {}
    for one in waiting:
        made: list[Any] = [_decision(next(given), action) for action in one.actions] or [next(given)]
        resumed[one.id] = {"decisions": made} if one.batched else made[0]
    return resumed


def _actions(asked: Any, schema: Any) -> list[Action]:
    if not isinstance(asked, dict):
        return []
    if isinstance(requests := asked.get("action_requests"), list):
        allowed = [review.get("allowed_decisions", []) for review in asked.get("review_configs", [])]
        allowed += [[] for _ in requests[len(allowed) :]]
    elif asked.get("type") == "tool_approval":
        requests, allowed = [asked], [_allowed_by(schema)]
    else:
        return []
    return [
        Action(
            name=request["name"],
            arguments=request["args"],
            description=request.get("description", ""),
            decisions=kinds,
        )
        for request, kinds in zip(requests, allowed, strict=False)
    ]


def _allowed_by(schema: Any) -> list[str]:
    """Kinds of decision in the schema of an answer: a union by `type`, or one kind alone."""
    if not isinstance(schema, dict):
        return []
    if mapping := schema.get("discriminator", {}).get("mapping"):
        return list(mapping)
    only = schema.get("properties", {}).get("type", {}).get("const")
    return [only] if isinstance(only, str) else []


def _decision(given: Decision, action: Action) -> dict[str, Any]:
    decision = {"type": given} if isinstance(given, str) else dict(given)
    kind = decision.get("type")
    if action.decisions and kind not in action.decisions:
        raise QueryError(f"decision {kind!r} on {action.name} is not allowed; {instead(str(kind), action.decisions)}")
    wanted = {"edit": "edited_action", "respond": "message"}.get(str(kind))
    if wanted is not None and wanted not in decision:
        raise QueryError(f"a decision {kind!r} needs {wanted!r}, as LangChain's HumanInTheLoopMiddleware has it")
    return decision
