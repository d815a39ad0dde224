"""The tool by which an agent answers a task, and what is wrong with an answer that it gets."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, ToolCallLimitMiddleware
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from dermtools.prompting.asking.label_set import LabelSet
from dermtools.text import instead, one_line
from dermtools.tools.results import quoted

if TYPE_CHECKING:
    from dermtools.cases import Task

ANSWER_TOOL = "final_answer"
CANNOT_TELL = "cannot tell"
"""What an agent answers where it abstains."""

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(%?)")


def answer_schema(task: Task) -> dict[str, Any]:
    """JSON schema of the answer to a task, as arguments of the tool that ends the run."""
    return {
        "title": ANSWER_TOOL,
        "description": f"Give the final answer for the task {task.name}; this ends the work.",
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "The evidence in one to three sentences."},
            "label": {
                "type": "string",
                "enum": [*task.labels, *([] if CANNOT_TELL in task.labels else [CANNOT_TELL])],
                "description": f"One class, or {CANNOT_TELL!r} where the evidence is weak or split.",
            },
            "confidence": {"type": "number", "description": "Probability that the label is right, from 0 to 1."},
            "case_ids": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of the cases that the answer rests on; only cases that a tool showed.",
            },
        },
        "required": ["reason", "label", "confidence", "case_ids"],
        "additionalProperties": False,
    }


def answer_labels(task: Task) -> LabelSet:
    """What an answer's label may be."""
    return LabelSet(tuple(dict.fromkeys([*task.labels, CANNOT_TELL])))


def read_confidence(value: Any) -> float | None:
    """A probability, from a number or a text with nothing else in it; None where it is none.

    0 to 1 is taken as it is; 10 to 100, and anything to 100 with a percent sign, as percent. What lies between, such as
    1.5 or 8, may be a slip or a scale of ten, and is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    percent = False
    if isinstance(value, str):
        if (match := _NUMBER.fullmatch(value.strip())) is None:
            return None
        value, percent = float(match[1].replace(",", ".")), bool(match[2])
    if not math.isfinite(value):
        return None
    if percent or 10 <= value <= 100:
        value /= 100
    return float(value) if 0 <= value <= 1 else None


def faults(answer: Any, task: Task) -> list[str]:
    """What is wrong with the arguments of a final answer, a line each; a confidence may be left out."""
    fields = answer if isinstance(answer, dict) else {}
    labels = answer_labels(task)
    given, confidence = fields.get("label"), fields.get("confidence")
    found = []
    if labels.match_value(given) is None:
        known = instead("" if given is None else str(given)[:80], labels.shown, shown=40)
        said = "is missing" if given in (None, "") else f"{one_line(str(given), 80)!r} is none of the labels"
        found.append(f"label {said}; {known}")
    if confidence is not None and read_confidence(confidence) is None:
        found.append(f"confidence {one_line(str(confidence), 40)!r} is no probability; give a number from 0 to 1")
    return found


class AnswerCheck(AgentMiddleware[Any, Any, Any]):
    """Gives a final answer back, once in a turn, where it is empty, outside the label set or without a probability.

    What comes then stands as it is: an answer outside the set is an invalid one.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return self._checked(request, handler(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        return self._checked(request, await handler(request))

    def _checked(self, request: ModelRequest[Any], response: ModelResponse[Any]) -> ModelResponse[Any]:
        if response.structured_response is None or _given_back(request.messages):
            return response
        wrong = faults(response.structured_response, self._task)
        reply = next((message for message in response.result if isinstance(message, AIMessage)), None)
        if not wrong or reply is None:
            return response
        told = f"This is no answer yet. Put it right and call {ANSWER_TOOL} again:\n{quoted(wrong)}"
        back = [
            ToolMessage(told, name=ANSWER_TOOL, tool_call_id=call["id"], status="error")
            for call in reply.tool_calls
            if call["name"] == ANSWER_TOOL
        ]
        return ModelResponse([reply, *back])


class LookUpLimit(ToolCallLimitMiddleware[Any, Any]):
    """A limit of tool calls in which the final answer does not count: it has its result, and must not get another."""

    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        messages = [
            message.model_copy(
                update={"tool_calls": [call for call in message.tool_calls if call["name"] != ANSWER_TOOL]}
            )
            if isinstance(message, AIMessage)
            else message
            for message in state["messages"]
        ]
        counted: Any = {**state, "messages": messages}
        return super().after_model(counted, runtime)


def _given_back(messages: list[AnyMessage]) -> bool:
    """Whether an answer was given back since the last question."""
    for message in reversed(messages):
        if message.type == "human":
            return False
        if isinstance(message, ToolMessage) and message.name == ANSWER_TOOL and message.status == "error":
            return True
    return False
