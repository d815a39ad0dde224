"""The model that clients ask in their turns: it calls the tools one after another and looks at what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import pictures

MOST_REQUESTS = 20

Step = tuple[str, dict[str, Any], str]
"""A tool, arguments, and what its result has to say."""


@dataclass
class ScriptedModel:
    """A script of the loopback server: from a request of either API to the reply of a model that follows its plan."""

    plans: dict[str, list[Step]]
    """From a question to what the model does about it, in this order."""
    answer: str
    """What the model says in the end, if every result was as it has to be."""
    seen: dict[str, int] = field(default_factory=dict)

    def __call__(self, api: str, body: dict[str, Any]) -> Reply:
        said = json.dumps(body, ensure_ascii=False)
        question = max(self.plans, key=said.rfind)
        if question not in said:
            return Say("This model was not asked what it was made for.")
        self.seen[question] = self.seen.get(question, 0) + 1
        results, plan = list(_results(body)), self.plans[question]
        for (tool, arguments, told), result in zip(plan, results, strict=False):
            if told not in result:
                return _end(body, f"{tool} with {arguments} came back without {told!r}: {result[:300]}")
        if self.seen[question] > MOST_REQUESTS:
            return _end(body, f"asked {MOST_REQUESTS} times, the last time with {len(results)} results")
        if len(results) < len(plan):
            tool, arguments, _ = plan[len(results)]
            offered = dict(tools(body))
            name = next((name for name in offered if name.endswith(tool)), None)
            if name is None:
                return _end(body, f"no tool {tool} among {', '.join(offered) or 'none'}")
            return Call(((name, _whole(arguments, offered[name])),))
        shows = any(tool == "view_pictures" for tool, _, _ in plan)
        if shows and not any(True for _ in pictures(body)):
            return _end(body, "no picture came to the model")
        return _end(body, self.answer)


def tools(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and schema of the arguments of every tool that a request offers."""
    for tool in body.get("tools") or ():
        function = tool.get("function", tool)
        yield function.get("name", ""), function.get("parameters") or {}


def _whole(arguments: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """With all that a schema requires: some clients make every argument a required one."""
    more = {name: schema["properties"][name] for name in schema.get("required", ()) if name not in arguments}
    return {**arguments, **{name: _nothing(argument) for name, argument in more.items()}}


def _nothing(argument: dict[str, Any]) -> Any:
    """What a model gives where it has nothing to say."""
    types = [argument.get("type"), *(one.get("type") for one in argument.get("anyOf", ()))]
    blank = {"string": "", "integer": argument.get("minimum", 1), "boolean": False, "array": []}
    return argument.get("default", next((blank[one] for one in types if one in blank), None))


def _end(body: dict[str, Any], text: str) -> Reply:
    """A last word; smolagents wants it as a call."""
    if any(name == "final_answer" for name, _ in tools(body)):
        return Call((("final_answer", {"answer": text}),))
    return Say(text)


def _results(body: dict[str, Any]) -> Iterator[str]:
    """What tools have answered, as text."""
    for message in body.get("messages") or body.get("input") or ():
        if message.get("role") == "tool":
            yield _text(message["content"])
        elif message.get("type") == "function_call_output":
            yield _text(message["output"])
        elif message.get("role") == "user" and (text := _text(message["content"])).startswith("Observation:"):
            # smolagents tells results as a user would.
            yield text


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
