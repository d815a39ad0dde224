"""What a chain gives back: predictions, batches, streams, traces, caching; and as a method."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel

from dermtools.errors import PromptError
from dermtools.prediction import Outcome, Prediction
from dermtools.prompting import (
    SQLiteCache,
    answer_chain,
    chain_for,
    chat_model,
    knn_rag,
    random_few_shot,
    zero_shot,
)
from dermtools.prompting.chain import PromptChain
from dermtools.retrieval import CaseBase
from tests.support.chains import chain, texts
from tests.support.openai_replies import Answer, Fail, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import picture

APIS = ("chat", "responses")


def test_bad_days_become_predictions_with_their_exemplars(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    script = [Say('{"label": "elbow"}'), Say('{"label": "ha', stop="length"), Fail(401, "Wrong key.")]
    with OpenAIServer(schemas, script) as server:
        predictions = [chain(server, case_base, "rag-3").invoke("c03") for _ in script]
    assert [p.outcome for p in predictions] == [Outcome.INVALID, Outcome.TRUNCATED, Outcome.ERROR]
    assert [p.raw for p in predictions] == ['{"label": "elbow"}', '{"label": "ha', None]
    assert all(len(p.exemplars) == 3 and p.label is None and p.reason for p in predictions)


def test_one_failure_does_not_end_a_batch(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    def script(api: str, body: dict[str, Any]) -> Any:
        return Fail(500) if "doomed" in json.dumps(body) else Answer("foot")

    inputs = [{"image": f"c{number:02}", "note": "doomed" if number == 5 else ""} for number in range(10)]
    with OpenAIServer(schemas, script) as server:
        predictions = chain(server, case_base, "rag-2").batch(inputs, config={"max_concurrency": 4})
    assert [p.outcome for p in predictions] == [Outcome.ERROR if i == 5 else Outcome.OK for i in range(10)]


def test_asynchronous_calls_give_the_same_predictions(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    inputs = [f"c{number:02}" for number in range(6)]

    async def run(asking: PromptChain) -> list[Prediction]:
        one = await asking.ainvoke(inputs[0])
        return [one, *await asking.abatch(inputs[1:])]

    with OpenAIServer(schemas) as server:
        asking = chain(server, case_base, "rag-3")
        assert asyncio.run(run(asking)) == asking.batch(inputs)


async def test_a_stream_gives_the_steps_in_order(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with OpenAIServer(schemas) as server:
        asking = chain(server, case_base, "rag-3")
        steps = list(asking.stream("c03"))
        later = [step async for step in asking.astream("c03")]
    assert [list(step) for step in steps] == [["exemplars"], ["messages"], ["result"]]
    assert steps == later
    assert steps[-1]["result"].label == "hand"
    assert len(steps[1]["messages"]) == 5


def test_a_chain_is_traced_with_the_model_call_inside(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    seen: list[str] = []

    class Watch(BaseCallbackHandler):
        def on_chain_start(self, *_: Any, **more: Any) -> None:
            seen.append(f"chain {more.get('name')}")

        def on_chat_model_start(self, *_: Any, **more: Any) -> None:
            seen.append("model")

    with OpenAIServer(schemas) as server:
        (lambda asking: asking.invoke("c03", config={"callbacks": [Watch()]}))(chain(server, case_base, "rag-3"))
    assert seen[0] == "chain rag-3"
    assert "model" in seen


@pytest.mark.parametrize("api", APIS)
def test_a_cached_reply_costs_nothing_and_sends_nothing(
    schemas: OpenAISchemas, case_base: CaseBase, api: str, tmp_path: Path
) -> None:
    with OpenAIServer(schemas) as server, SQLiteCache(tmp_path / "replies.sqlite") as cache:

        def ask(name: str = "openai:gpt-4.1", **options: Any) -> Prediction:
            model = chat_model(name, api=api, base_url=server.url, cache=cache, **options)
            return chain_for("rag-3", model=model, case_base=case_base, task="location").invoke("c03")

        first, again = ask(), ask()
        assert first.usage is not None
        assert again == first.model_copy(update={"usage": None})
        assert len(server.requests) == 1
        ask(max_output_tokens=50)
        ask("openai:gpt-4o")
        assert len(server.requests) == 3, "other parameters and models are other questions"


def test_a_failed_call_is_not_cached(schemas: OpenAISchemas, case_base: CaseBase, tmp_path: Path) -> None:
    with OpenAIServer(schemas, [Fail(400, "no")]) as server, SQLiteCache(tmp_path / "replies.sqlite") as cache:
        model = chat_model("openai:gpt-4.1", base_url=server.url, cache=cache)
        asking = chain_for("zero-shot", model=model, case_base=case_base, task="location")
        assert asking.invoke("c03").outcome is Outcome.ERROR
        assert asking.invoke("c03").label == "hand"


def test_the_named_functions_make_the_same_chains(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with OpenAIServer(schemas) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url)
        made = [
            zero_shot(model, "location", case_base=case_base),
            random_few_shot(model, case_base, "location", k=4, stratified=True),
            knn_rag(model, case_base, "location", k=3),
            knn_rag(model, case_base, "location", k=3, diversity="mmr", order="nearest-first"),
        ]
        names = [asking.invoke("c03").method for asking in made]
    assert names == ["zero-shot", "random-4", "rag-3", "rag-mmr-3"]


def test_any_langchain_chat_model_will_do(case_base: CaseBase) -> None:
    model = FakeListChatModel(responses=["Answer: FOOT.", "no idea"])
    asking = chain_for("rag-2", model=model, case_base=case_base, task="location")
    assert asking.asker.structured == "text"
    assert asking.invoke("c03").label == "foot"
    assert asking.invoke("c03").outcome is Outcome.INVALID


@pytest.mark.parametrize("api", APIS)
def test_describe_and_compare_give_their_fields(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    described = {
        "site": "hand", "morphology": "plaque", "shape_and_border": "round", "colour": "red",
        "distribution": "solitary", "surrounding_skin": "dry", "image_quality": "good", "terms": ["plaque"],
    }  # fmt: skip
    compared = {
        "similarities": "1", "differences": "2", "misleading_cases": [], "most_similar_case": 2, "label": "hand",
    }  # fmt: skip
    with OpenAIServer(schemas, [Say(json.dumps(described)), Say(json.dumps(compared))]) as server:
        model = chat_model("openai:gpt-4.1", api=api, base_url=server.url)
        one = answer_chain("describe", model=model).invoke(picture(1))
        two = answer_chain(
            "compare", model=model, method="rag-3", case_base=case_base, task="location", order="nearest-first",
            attributes=("age",),
        ).invoke("c03")  # fmt: skip
        assert [request.refused for request in server.requests] == [None, None]
        shown = [texts(message) for message in server.requests[1].messages[1:4]]
    assert (one.outcome, one.values) == (Outcome.OK, described)
    assert (two.outcome, two.values) == (Outcome.OK, compared)
    assert [text[0][:7] for text in shown] == ["Case 1.", "Case 2.", "Case 3."]
    assert all(text[1].startswith("<data>\nage: ") for text in shown)


def test_a_prompt_without_a_label_is_no_prediction(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with OpenAIServer(schemas) as server, pytest.raises(PromptError, match="answer_chain"):
        chain(server, case_base, "zero-shot", prompt="describe")
