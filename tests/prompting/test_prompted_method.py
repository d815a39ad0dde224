"""A chain as a method: predictions in order, its settings, what it will cost and has cost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from dermtools.errors import QueryError
from dermtools.prediction import Method, TokenUsage
from dermtools.prompting import PromptedMethod, chain_for
from dermtools.retrieval import CaseBase
from tests.support.chains import chain
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import LABELS


def test_as_a_method_it_answers_many_queries_in_their_order(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    def script(api: str, body: dict[str, Any]) -> Any:
        return Answer(LABELS[len(json.dumps(body)) % 4])

    with OpenAIServer(schemas, script) as server:
        method = PromptedMethod(chain(server, case_base, "rag-3"), concurrency=4)
        queries = [case_base.query(case_id=f"c{number:02}") for number in range(12)]
        assert isinstance(method, Method)
        many = method.predict_many(queries)
        assert many == [method.predict(query) for query in queries]
        assert (method.name, method.task) == ("rag-3", "location")
        assert PromptedMethod(method.chain, name="mine").predict(queries[0]).method == "mine"
        settings = json.loads(json.dumps(method.settings))
    assert settings["model"] == "gpt-4.1"
    assert settings["prompt_hash"]


def test_a_query_without_a_picture_is_refused_by_a_method(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with OpenAIServer(schemas) as server, pytest.raises(QueryError, match="has no picture"):
        PromptedMethod(chain(server, case_base, "rag-3")).predict(case_base.query(vector=case_base.vectors[0]))


def test_it_tells_beforehand_what_a_prediction_will_cost_and_never_less_than_it_can(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    with OpenAIServer(schemas) as server:
        method = PromptedMethod(chain(server, case_base, "rag-3"))
    query = case_base.query(case_id="c03")
    estimate = method.estimate(query)
    assert estimate is not None
    assert estimate.price_usd is not None
    assert estimate.ceiling_usd is not None
    assert 0 < estimate.price_usd < estimate.ceiling_usd
    assert method.priced_as("openai:gpt-99").estimate(query) is None


def test_tokens_are_priced_and_a_cached_reply_is_free(case_base: CaseBase) -> None:
    model = FakeListChatModel(responses=["hand"])
    asking = chain_for("zero-shot", model=model, case_base=case_base, task="location")
    method = PromptedMethod(asking, priced_as="openai:gpt-4.1")
    assert method.price(TokenUsage(input_tokens=1_000_000)) == pytest.approx(2.0)
    assert method.price(TokenUsage()) == 0.0
    assert method.price(None) is None
