"""An agent on a server that does not know how its model calls tools: the calls come as text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dermtools.agent import DermToolkit, WrittenCallMiddleware, create_derm_agent
from dermtools.agent.agent_method import AgentMethod
from dermtools.prediction import Outcome, Query
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, handle_in
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


def agent_at(server: StreamingOpenAIServer, case_base: CaseBase, api: Any = "chat", **options: Any) -> Any:
    model = chat_model("openai:local", api=api, base_url=server.url, api_key="k")
    return create_derm_agent(model, case_base, retry=QUICK, **options)


def hermes(name: str, arguments: dict[str, Any]) -> str:
    call = json.dumps({"name": name, "arguments": arguments})
    return f"<think>A {{'name': 'get_case'}} first?</think>\n<tool_call>\n{call}\n</tool_call>"


def fenced(name: str, arguments: dict[str, Any]) -> str:
    return f"```json\n{json.dumps({'name': name, 'arguments': json.dumps(arguments)})}\n```"


def qwen_coder(name: str, arguments: dict[str, Any]) -> str:
    given = [
        f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>"
        for key, value in arguments.items()
    ]
    return "\n".join(["<tool_call>", f"<function={name}>", *given, "</function>", "</tool_call>"])


def mistral(name: str, arguments: dict[str, Any]) -> str:
    return f"[TOOL_CALLS]{name}[ARGS]{json.dumps(arguments)}"


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("written", [hermes, fenced, qwen_coder, mistral])
def test_written_calls_are_carried_out_up_to_the_final_answer(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, written: Any, api: str
) -> None:
    def script(_: str, request: dict[str, Any]) -> Reply:
        found = re.findall(r"1\. case:(drawn_p\d+_\d)", json.dumps(request))
        if not found:
            return Say(written("search_similar_cases", {"image": handle_in(request), "k": 3}))
        answer = {"reason": "Alike.", "label": "foot", "confidence": 0.5, "case_ids": [f"case:{found[0]}"]}
        return Say(written("final_answer", answer))

    with StreamingOpenAIServer(schemas, script) as server:
        answer = agent_at(server, case_base, api, task="location").ask("Which?", [drawn_jpeg])
        assert [request.refused for request in server.requests] == [None, None]
    assert (answer.label, answer.confidence, answer.looked_up) == ("foot", 0.5, True)
    assert [use.name for use in answer.tools] == ["search_similar_cases"]
    assert len(answer.cited) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"I would write {hermes('describe_case_base', {})}",
        "<think>" + hermes("describe_case_base", {}).split("</think>")[1],
        hermes("delete_case_base", {}),
        fenced("describe_case_base", {}) + "\nis what I call.",
    ],
)
def test_a_call_in_reasoning_in_prose_or_of_no_offered_tool_is_not_carried_out(
    schemas: OpenAISchemas, case_base: CaseBase, text: str
) -> None:
    with StreamingOpenAIServer(schemas, [Say(text)]) as server:
        answer = agent_at(server, case_base).ask("Hello?")
        assert len(server.requests) == 1
    assert answer.tools == []
    assert answer.raw == text


async def test_several_written_calls_are_carried_out_in_a_plain_agent(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    from langchain.agents import create_agent

    both = hermes("get_case", {"case_id": "case:drawn_p01_1"}) + hermes("describe_case_base", {}).split("</think>")[1]
    with StreamingOpenAIServer(schemas, [Say(both), Say("Two.")]) as server:
        model = chat_model("openai:local", base_url=server.url, api_key="k")
        tools = DermToolkit.over(case_base).get_tools()
        agent = create_agent(model, tools, middleware=[WrittenCallMiddleware()])
        state = await agent.ainvoke({"messages": [("user", "Look.")]})
    kinds = [message.type for message in state["messages"]]
    assert kinds == ["human", "ai", "tool", "tool", "ai"]
    assert {message.status for message in state["messages"] if message.type == "tool"} == {"success"}


def test_a_final_answer_that_was_cut_off_is_no_answer(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    # LangChain completes the arguments of a streamed call: of `foot-sole`, this would be `foot`.
    cut = Call((("final_answer", '{"reason": "As seen.", "label": "foot'),), stop="length")
    with StreamingOpenAIServer(schemas, [cut]) as server:
        method = AgentMethod(agent_at(server, case_base, task="location"))
        query = Query(name="q", jpeg=case_base.jpeg("drawn_p01_1"))
        prediction = method.predict(query)
    assert (prediction.outcome, prediction.label) == (Outcome.TRUNCATED, None)
    assert "cut off" in (prediction.reason or "")
