"""Conversations that last, and many at once."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from dermtools.agent import AgentMethod, DermContext, create_derm_agent
from dermtools.cases.sources.sample import load_sample
from dermtools.prediction import Method, Outcome, Query
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final, handle_in
from tests.support.openai_replies import Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


def pictures(count: int, seed: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < count:
        found += [case.image for case in load_sample(seed=seed, patients=3).cases if isinstance(case.image, bytes)]
        seed += 1
    return found[:count]


def search_then_say(_: str, request: dict[str, Any]) -> Reply:
    """Searches with the newest picture, then says what was nearest."""
    messages = request.get("messages") or request["input"]
    text = json.dumps(messages[-1])
    found = re.findall(r"1\. (case:drawn_p\d+_\d)", text)
    if found:
        return Say(f"Nearest is {found[-1]}.")
    handle = re.findall(r"img_[0-9a-f]{16}", json.dumps(messages))[-1]
    return call("search_similar_cases", image=handle, k=5)


def size_of(saver: InMemorySaver, thread_id: str) -> list[int]:
    """Bytes of every checkpoint of a thread, its values included, as the saver holds them."""
    sizes = []
    for saved in saver.list({"configurable": {"thread_id": thread_id}}):
        kind, data = saver.serde.dumps_typed((saved.checkpoint, saved.metadata, saved.pending_writes))
        assert kind == "msgpack"
        sizes.append(len(data))
    return sizes


def test_a_checkpoint_of_a_ten_picture_conversation_stays_small(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    saver = InMemorySaver()
    with StreamingOpenAIServer(schemas, search_then_say) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        agent = create_derm_agent(model, case_base, checkpointer=saver)
        conversation = agent.conversation(thread_id="ten")
        for picture in pictures(10, seed=20):
            answer = conversation.ask("What is nearest?", [picture])
            assert answer.cited
        assert not [request.refused for request in server.requests if request.refused]
        assert len(server.requests[-1].pictures) == 10
        sizes = size_of(saver, "ten")
        assert len(sizes) > 30
        assert max(sizes) < 100_000
        everything = b"".join(value for _, value in saver.blobs.values() if value)
        assert b"base64" not in everything
        # Taken up again by another object: it knows what was said, and says which pictures are gone.
        later = agent.conversation(thread_id="ten", context=DermContext())
        before = len(server.requests)
        later.ask("And the first one?", pictures(1, seed=40))
        assert "no longer available" in json.dumps(server.requests[before].body)
        assert len(server.requests[before].pictures) == 1


async def test_fifty_agents_at_once_answer_as_one_after_the_other(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    asked = pictures(50, seed=60)
    with StreamingOpenAIServer(schemas, search_then_say) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        agent = create_derm_agent(model, case_base, retry=QUICK)
        alone = [agent.ask("What is nearest?", [picture]) for picture in asked]
        together = await asyncio.gather(*(agent.aask("What is nearest?", [picture]) for picture in asked))
    assert [answer.model_dump() for answer in together] == [answer.model_dump() for answer in alone]
    assert len({tuple(answer.cited) for answer in alone}) > 3


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_as_a_method_it_never_meets_the_case_in_question(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    tests = [case_id for case_id in case_base.columns.case_ids if case_base.case(case_id).split == "test"]
    own = {case_base.case(case_id).group_id for case_id in tests}

    def script(_: str, request: dict[str, Any]) -> Reply:
        text = json.dumps(request)
        found = re.findall(r"\d\. case:(drawn_p\d+_\d)", text)
        if not found:
            return call("search_similar_cases", image=handle_in(request), k=20, max_per_group=20)
        if "is not open to this run" not in text:
            return call("get_case", case_id=tests[0])
        return final("foot", found[0])

    with StreamingOpenAIServer(schemas, script) as server:
        model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, api_key="k")
        method = AgentMethod(create_derm_agent(model, case_base, task="location", retry=QUICK))
        assert isinstance(method, Method)
        predictions = method.predict_many([case_base.query(case_id=case_id) for case_id in tests])
        for request in server.requests:
            shown = set(re.findall(r"\d\. case:(drawn_p\d+)_\d", json.dumps(request.body)))
            assert not shown & own
    for prediction in predictions:
        assert (prediction.method, prediction.task, prediction.outcome) == ("agent", "location", Outcome.OK)
        assert prediction.label == "foot"
        assert [case_base.case(exemplar.case_id).split for exemplar in prediction.exemplars] == ["train"]
        assert prediction.usage is not None
        assert json.loads(prediction.raw or "")["confidence"] == 0.7


def test_as_a_method_it_says_honestly_why_there_is_no_label(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    query = case_base.query(drawn_jpeg)
    outcomes = {}
    replies = {"abstained": final("cannot tell"), "invalid": Say("Hm."), "truncated": call("describe_case_base")}
    for name, reply in replies.items():
        with StreamingOpenAIServer(schemas, default=reply) as server:
            model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
            agent = create_derm_agent(model, case_base, task="location", max_model_calls=2)
            outcomes[name] = AgentMethod(agent).predict(query)
    assert {name: str(prediction.outcome) for name, prediction in outcomes.items()} == {name: name for name in replies}
    dead = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", api_key="k")
    prediction = AgentMethod(create_derm_agent(dead, case_base, task="location", retry=QUICK)).predict(query)
    assert prediction.outcome is Outcome.ERROR
    assert prediction.reason is not None


def test_a_query_without_a_picture_is_refused(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    from dermtools.errors import ImageError

    model = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", api_key="k")
    method = AgentMethod(create_derm_agent(model, case_base, task="location"))
    with pytest.raises(ImageError, match="has no picture"):
        method.predict(Query(name="words", text="red"))
