"""An agent that is offered no tool, by the policy `never`: it answers as others do, whatever its model tries."""

from __future__ import annotations

from typing import Any

import pytest

from dermtools.agent import Conversation, create_derm_agent
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

LOOK = ("get_case", {"case_id": "case:drawn_p01_1"})


def talk(server: StreamingOpenAIServer, case_base: CaseBase, task: str | None, api: Any = "chat") -> Conversation:
    model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, api_key="k")
    return create_derm_agent(model, case_base, task=task, policy="never", retry=QUICK).conversation()


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(("task", "label"), [("location", "foot"), (None, None)])
def test_a_text_is_the_answer_and_asked_for_once(
    schemas: OpenAISchemas, case_base: CaseBase, task: str | None, label: str | None, api: str
) -> None:
    with StreamingOpenAIServer(schemas, [Say("foot")]) as server:
        answer = talk(server, case_base, task, api).ask("Where?")
        assert [request.refused for request in server.requests] == [None]
    assert (answer.text, answer.label, answer.stopped) == ("foot", label, None)


@pytest.mark.parametrize(
    ("task", "script"),
    [
        ("location", [call(*LOOK[:1], **LOOK[1]), final("foot"), final("hand")]),
        ("location", [Call((LOOK, ("final_answer", {"label": "foot", "confidence": 0.5}))), final("hand")]),
        (None, [call(*LOOK[:1], **LOOK[1]), Say("foot"), Say("hand")]),
    ],
    ids=["a task", "beside the answer", "no task"],
)
async def test_a_call_of_a_tool_that_is_not_there_is_answered_and_shows_no_case(
    schemas: OpenAISchemas, case_base: CaseBase, task: str | None, script: list[Reply]
) -> None:
    with StreamingOpenAIServer(schemas, script) as server:
        conversation = talk(server, case_base, task)
        first, second = await conversation.aask("Where?"), conversation.ask("And now?")
        assert [request.refused for request in server.requests] == [None] * len(script)
    assert [one.label or one.text for one in (first, second)] == ["foot", "hand"]
    assert [(use.name, use.succeeded) for use in first.tools] == [("get_case", False)]
    assert (first.looked_up, first.seen) == (False, [])
