"""For an agent that is offered no tool: LangChain's graph has no node then that answers calls and ends with a text."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, ToolMessage

from dermtools.text import one_line


class WithoutTools(AgentMiddleware[Any, Any, Any]):
    """Does what the node does elsewhere: a text ends the run, and who calls a tool all the same is told of none.

    Otherwise a text would be asked for again until the limit, and services refuse a call that nobody answered.
    """

    @hook_config(can_jump_to=["model", "end"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        messages = state["messages"]
        answered = {one.tool_call_id for one in takewhile(_is_result, reversed(messages))}
        reply = next((one for one in reversed(messages) if not _is_result(one)), None)
        if not isinstance(reply, AIMessage):
            return None
        if not reply.tool_calls:
            return {"jump_to": "end"}
        told = [
            ToolMessage(
                f"There is no tool {one_line(call['name'], 60)!r} here; answer without it.",
                name=call["name"],
                tool_call_id=call["id"],
                status="error",
            )
            for call in reply.tool_calls
            if call["id"] not in answered
        ]
        again = {} if state.get("structured_response") is not None else {"jump_to": "model"}
        return {"messages": told, **again} if told else None


def _is_result(message: Any) -> bool:
    return isinstance(message, ToolMessage)
