"""An agent against the strict loopback OpenAI server: what it decides, and what becomes of it. Both APIs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dermtools.agent import DermAgent, ImageGrants, create_derm_agent
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final, handle_in
from tests.support.openai_replies import Call, Fail, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import Request
from tests.support.streaming_server import StreamingOpenAIServer

APIS = ("chat", "responses")
MakeAgent = Callable[..., DermAgent]


def agent_at(server: StreamingOpenAIServer, case_base: CaseBase, api: str, **options: Any) -> DermAgent:
    model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, api_key="k")
    return create_derm_agent(model, case_base, **{"retry": QUICK, **options})


def tool_texts(request: Request) -> list[str]:
    """Results of tools in a request, in either API."""
    if request.api == "chat":
        found = [message["content"] for message in request.messages if message["role"] == "tool"]
    else:
        found = [item["output"] for item in request.messages if item.get("type") == "function_call_output"]
    return [text if isinstance(text, str) else " ".join(part.get("text", "") for part in text) for text in found]


def search_then_format_then_answer(api: str, request: dict[str, Any]) -> Reply:
    text = json.dumps(request)
    if "exemplars of location" in text:
        found = re.findall(r"case:(drawn_p\d+_\d)", text)
        return final("foot", found[0], confidence=0.8)
    if "cases similar to" in text:
        found = re.findall(r"\d\. (case:drawn_p\d+_\d)", text)
        return call("format_exemplars", task="location", case_ids=found[:3], show_pictures=True)
    return call("search_similar_cases", image=handle_in(request), k=4)


@pytest.mark.parametrize("api", APIS)
def test_it_searches_then_formats_exemplars_then_answers(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, api: str
) -> None:
    with StreamingOpenAIServer(schemas, search_then_format_then_answer) as server:
        answer = agent_at(server, case_base, api, task="location").ask("Which part of the body?", [drawn_jpeg])
        assert [request.refused for request in server.requests] == [None, None, None]
        # The attached picture goes with every request; three exemplars join it, in no tool message.
        assert [len(request.pictures) for request in server.requests] == [1, 1, 4]
    assert (answer.label, answer.confidence, answer.looked_up) == ("foot", 0.8, True)
    assert [use.name for use in answer.tools] == ["search_similar_cases", "format_exemplars"]
    assert len(answer.cited) == 1
    assert answer.cited[0] in answer.seen
    assert not answer.invented
    assert answer.usage.output_tokens == 15


@pytest.mark.parametrize("api", APIS)
def test_it_may_answer_at_once(schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, api: str) -> None:
    with StreamingOpenAIServer(schemas, [final("hand")]) as server:
        answer = agent_at(server, case_base, api, task="location").ask("Which?", [drawn_jpeg])
        assert len(server.requests) == 1
    assert (answer.label, answer.looked_up, answer.seen, answer.cited) == ("hand", False, [], [])


@pytest.mark.parametrize("api", APIS)
def test_one_that_loops_for_ever_is_stopped(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, api: str
) -> None:
    with StreamingOpenAIServer(schemas, default=call("describe_case_base")) as server:
        agent = agent_at(server, case_base, api, max_model_calls=4)
        answer = agent.ask("What is this?", [drawn_jpeg])
        assert len(server.requests) == 4
    assert answer.stopped == "stopped after 4 calls of the model without an answer"
    assert len(answer.tools) == 4


@pytest.mark.parametrize("api", APIS)
def test_too_many_tool_calls_are_refused_and_it_still_answers(
    schemas: OpenAISchemas, case_base: CaseBase, api: str
) -> None:
    many = Call(tuple(("get_case", {"case_id": f"case:drawn_p0{n}_1"}) for n in range(1, 6)))
    with StreamingOpenAIServer(schemas, [many, Say("Enough.")]) as server:
        answer = agent_at(server, case_base, api, max_tool_calls=2).ask("Tell me all.")
        assert not [request.refused for request in server.requests if request.refused]
    assert [use.succeeded for use in answer.tools].count(True) == 2
    assert answer.text == "Enough."


MISTAKES = [
    (call("search_similar_cases", image="img_0000000000000000"), "is available; attached pictures: img_"),
    (call("search_similar_cases", image="/etc/passwd"), "not allowed: a path outside the granted folders"),
    (call("search_similar_cases", image="../secret.jpg"), "not allowed: a path with"),
    (call("search_similar_cases", image="https://169.254.169.254/latest"), "a host that was not granted"),
    (call("search_similar_cases", image="case:drawn_p01_1", k=-3), "k: Input should be greater than or equal to 1"),
    (call("search_similar_cases", image="case:drawn_p01_1", kk=3), "Extra inputs are not permitted"),
    (call("search_similar_cases"), "give either image or text"),
    (call("search_similar_cases", image="case:drawn_p01_1", where="colour = 'red'"), "no column [1]"),
    (call("classify_with_adapter", image="case:drawn_p01_1", task="colour"), "no task [1]; there are: diagnosis"),
    (call("get_case", case_id="case:nobody"), "no case [1]"),
    (call("format_exemplars", task="location", case_ids=["case:drawn_p01_1"], layout="x"), "there are: single, pairs"),
    (call("get_case", runtime={"context": "mine"}, case_id="drawn_p01_1"), None),
    (Call((("get_case", "{broken"),)), None),
    (call("no_such_tool"), "no_such_tool is not a valid tool"),
]


@pytest.mark.parametrize("api", APIS)
def test_it_is_told_what_was_wrong_and_recovers(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, tmp_path: Path, api: str
) -> None:
    script = [mistake for mistake, _ in MISTAKES]
    good = call("search_similar_cases", image="case:drawn_p01_1", k=2)
    with StreamingOpenAIServer(schemas, [*script, good, Say("Found at last.")]) as server:
        grants = ImageGrants.allow(folders=[tmp_path])
        agent = agent_at(server, case_base, api, grants=grants, max_model_calls=20)
        answer = agent.ask("Look around.", [drawn_jpeg])
        assert not [request.refused for request in server.requests if request.refused]
        told = tool_texts(server.requests[-1])
    expected = [message for _, message in MISTAKES if message is not None]
    for message in expected:
        assert [text for text in told if message in text], message
    wrong = [text for text in told if "Change them and call" in text]
    assert len(wrong) >= len(expected) - 1
    assert answer.text == "Found at last."
    assert answer.looked_up


@pytest.mark.parametrize("api", APIS)
def test_an_invented_case_is_caught(schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, api: str) -> None:
    def script(_: str, request: dict[str, Any]) -> Reply:
        if "cases similar to" not in json.dumps(request):
            return call("search_similar_cases", image=handle_in(request), k=2)
        found = re.findall(r"\d\. case:(drawn_p\d+_\d)", json.dumps(request))
        return final("foot", found[0], "case:made_up_17")

    with StreamingOpenAIServer(schemas, script) as server:
        answer = agent_at(server, case_base, api, task="location").ask("Which?", [drawn_jpeg])
    assert answer.invented == ["made_up_17"]
    assert len(answer.cited) == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("reply", "abstained", "problem"),
    [
        (final("cannot tell"), True, "the agent cannot tell"),
        (final("elbow of a whale"), False, "no label of the set: 'elbow of a whale'"),
        (Say("It could be anything."), False, "no label of the set: 'It could be anything.'"),
    ],
)
def test_no_label_is_said_honestly(
    schemas: OpenAISchemas, case_base: CaseBase, api: str, reply: Reply, abstained: bool, problem: str
) -> None:
    with StreamingOpenAIServer(schemas, [reply], default=reply) as server:
        answer = agent_at(server, case_base, api, task="location", max_model_calls=3).ask("Which?")
    assert (answer.label, answer.abstained, answer.problem) == (None, abstained, problem)


@pytest.mark.parametrize("api", APIS)
async def test_what_happens_is_streamed_in_order(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, api: str
) -> None:
    from dermtools.agent.events import Finished, TextDelta, ToolFinished, ToolStarted

    def script(_: str, request: dict[str, Any]) -> Reply:
        found = re.findall(r"1\. case:(drawn_p\d+_\d)", json.dumps(request))
        if not found:
            return call("search_similar_cases", image=handle_in(request), k=5)
        return Say(f"Feet, most likely: case:{found[0]} looks alike.")

    with StreamingOpenAIServer(schemas, script) as server:
        conversation = agent_at(server, case_base, api).conversation()
        events = list(conversation.stream("What is it?", [drawn_jpeg]))
        again = [event async for event in conversation.astream("And again?")]
    kinds = [type(event) for event in events]
    assert kinds[:2] == [ToolStarted, ToolFinished]
    assert set(kinds[2:-1]) == {TextDelta}
    assert len(kinds[2:-1]) > 3
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text
    assert answer.text == f"Feet, most likely: case:{answer.seen[0]} looks alike."
    assert answer.cited == [answer.seen[0]]
    # The second question knows of the first one's pictures and cases, and looks nothing up.
    assert isinstance(again[-1], Finished)
    assert again[-1].answer.cited == answer.cited
    assert not again[-1].answer.looked_up


@pytest.mark.parametrize("api", APIS)
def test_a_failure_that_may_pass_is_tried_again(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    with StreamingOpenAIServer(schemas, [Fail(500), Fail(429), Say("Here I am.")]) as server:
        assert agent_at(server, case_base, api).ask("Hello?").text == "Here I am."


@pytest.mark.parametrize("api", APIS)
def test_a_failure_that_stays_is_one_clear_line(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    from dermtools.errors import ModelError

    with StreamingOpenAIServer(schemas, default=Fail(401, "Incorrect API key provided.")) as server:
        with pytest.raises(ModelError, match=r"did not answer: HTTP 401: .*Incorrect API key") as caught:
            agent_at(server, case_base, api).ask("Hello?")
        assert len(server.requests) == 1
    assert "\n" not in str(caught.value)
