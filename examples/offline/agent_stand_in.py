"""A stand-in for a chat model that calls tools, so that the agent's examples run without a key, for nothing.

It is no language model: it searches with the picture in question once and names the label that most of the similar
cases carry. Asked by a prompt with examples, it does the same with those; without any, it names the first label of the
list. Whatever figures come out say nothing about any model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

NOTICE = "No model was named, so a stand-in answers. It is no language model, and its answers say nothing about one."


class StandIn(BaseChatModel):
    """Searches once, then answers with the commonest label of what it was shown."""

    task: str

    @property
    def _llm_type(self) -> str:
        return "stand-in"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool)["function"]["name"] for tool in tools])

    def _generate(self, messages: list[BaseMessage], *_: Any, tools: Sequence[str] = (), **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages, tools))])

    def _reply(self, messages: list[BaseMessage], tools: Sequence[str]) -> AIMessage:
        text = "\n".join(str(message.text) for message in messages)
        results = [str(message.text) for message in messages if isinstance(message, ToolMessage)]
        handles = re.findall(r"img_[0-9a-f]{16}", text)
        if "search_similar_cases" in tools and handles and not results:
            return _call("search_similar_cases", {"image": handles[-1], "k": 5})
        counted = re.search(rf"^labels of {self.task}: (.+?) (\d+)", "\n".join(results), re.MULTILINE)
        told = re.findall(r"^Answer: ([^|\n]+)", text, re.MULTILINE)
        cases: list[str] = []
        if counted is not None:
            label, votes = counted[1], int(counted[2])
            cases = re.findall(r"^\d+\. (case:\S+)", results[-1], re.MULTILINE)
        elif told:
            label, votes = Counter(answer.strip() for answer in told).most_common(1)[0]
        else:
            label, votes = text.partition("\n- ")[2].partition("\n")[0].partition(":")[0], 0
        if "final_answer" in tools:
            fields = {"reason": "The similar cases say so.", "label": label, "confidence": votes / 5, "case_ids": cases}
            return _call("final_answer", fields)
        if "answer" in tools:
            return _call("answer", {"label": label})
        return AIMessage(f"{label}: {votes} similar cases carry it. Nearest: {cases[0]}." if cases else label)


class UnsureStandIn(StandIn):
    """Asks the vote of the nearest cases first, and looks cases up where no label has half of it."""

    def _reply(self, messages: list[BaseMessage], tools: Sequence[str]) -> AIMessage:
        results = [str(message.text) for message in messages if isinstance(message, ToolMessage)]
        handles = re.findall(r"img_[0-9a-f]{16}", "\n".join(str(message.text) for message in messages))
        if "classify_with_adapter" in tools and not results:
            vote = {"image": handles[-1], "task": self.task, "kind": "knn-vote-15"}
            return _call("classify_with_adapter", vote)
        if "classify_with_adapter" in tools and len(results) == 1:
            share = re.search(r"knn-vote-15: (\S+); probabilities: \S+ ([\d.]+)%", results[0])
            if share is not None and float(share[2]) >= 50:
                return AIMessage(f"{share[1]}: {share[2]} % of the nearest cases' votes.")
            return _call("search_similar_cases", {"image": handles[0], "k": 5})
        return super()._reply(messages, tools)


def _call(name: str, arguments: dict[str, Any]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{name}", "type": "tool_call"}])
