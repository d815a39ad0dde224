"""What decides a model's answers stands in its facts, and keys do not; the reply cache tells the same apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.prompting import SQLiteCache, chat_model
from dermtools.prompting.asking.model_facts import model_facts, public_address
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer

USUAL: dict[str, Any] = {"spec": "openai:local", "base_url": "http://127.0.0.1:9/v1", "api_key": "sk-one"}
DECISIVE: dict[str, dict[str, Any]] = {
    "another server": {"base_url": "http://127.0.0.1:8/v1"},
    "another path": {"base_url": "http://127.0.0.1:9/other/v1"},
    "the other API": {"api": "responses"},
    "temperature": {"temperature": 0.7},
    "no temperature": {"temperature": None},
    "limit": {"max_output_tokens": 99},
    "effort": {"reasoning_effort": "low"},
    "a parameter": {"top_p": 0.5},
    "a seed": {"seed": 1},
    "a parameter that OpenAI has not": {"min_p": 0.1},
    "a query": {"default_query": {"version": "2"}},
}


@pytest.mark.parametrize("change", DECISIVE)
def test_what_decides_answers_is_told_and_cached_apart(change: str) -> None:
    one, same, other = (chat_model(**{**USUAL, **more}) for more in ({}, {}, DECISIVE[change]))
    assert model_facts(one) == model_facts(same) != model_facts(other)
    assert one._get_llm_string() == same._get_llm_string() != other._get_llm_string()
    assert json.loads(json.dumps(model_facts(other))) == model_facts(other)


@pytest.mark.parametrize("change", [{"api_key": "sk-two"}, {"timeout": 5.0}, {"requests_per_minute": 60}])
def test_what_does_not_is_left_out(change: dict[str, Any]) -> None:
    assert model_facts(chat_model(**USUAL)) == model_facts(chat_model(**{**USUAL, **change}))


def test_no_key_is_told() -> None:
    secrets = {
        "base_url": "http://me:sk-one@127.0.0.1:9/v1?api_key=sk-one&v=2#sk-one",
        "default_query": {"api-key": "sk-one", "sig": "sk-one", "v": "2"},
        "default_headers": {"X-Anything": "sk-one"},
        "extra_body": {"provider": {"authorization": "sk-one", "order": ["a"]}},
    }
    facts = model_facts(chat_model(**{**USUAL, **secrets}))
    assert "sk-one" not in json.dumps(facts)
    assert facts["base_url"] == "http://127.0.0.1:9/v1?v=2"
    assert facts["model_options"] == {"default_query": {"v": "2"}, "extra_body": {"provider": {"order": ["a"]}}}


@given(st.text(alphabet="abc/?&=@:#%", max_size=30))
def test_any_address_can_be_told_twice(text: str) -> None:
    try:
        told = public_address(f"http://user:secret@host/{text}")
    except ValueError:  # what urllib calls no address
        return
    assert "secret" not in told
    assert public_address(told) == told


def test_the_environments_addresses_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    own = chat_model("openai:gpt-4.1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    other = chat_model("openai:gpt-4.1")
    assert [model_facts(one)["base_url"] for one in (own, other)] == [
        "https://api.openai.com/v1",
        "http://127.0.0.1:9/v1",
    ]
    assert own._get_llm_string() != other._get_llm_string()


def test_azures_deployment_and_version_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_API_VERSION", "2024-10-21")
    models = [chat_model(f"azure_openai:{name}", base_url="https://one.example") for name in ("a", "b")]
    monkeypatch.setenv("AZURE_OPENAI_API_VERSION", "2025-01-01-preview")
    models.append(chat_model("azure_openai:a", base_url="https://one.example"))
    told = [(facts["base_url"], facts["api_version"]) for facts in map(model_facts, models)]
    assert told == [
        ("https://one.example/openai/deployments/a", "2024-10-21"),
        ("https://one.example/openai/deployments/b", "2024-10-21"),
        ("https://one.example/openai/deployments/a", "2025-01-01-preview"),
    ]
    assert len({model._get_llm_string() for model in models}) == 3


def test_a_cached_reply_is_not_taken_for_another_servers(schemas: OpenAISchemas, tmp_path: Path) -> None:
    with (
        OpenAIServer(schemas, default=Answer("hand")) as first,
        OpenAIServer(schemas, default=Answer("foot")) as second,
        SQLiteCache(tmp_path / "replies.sqlite") as cache,
    ):
        models = [chat_model("openai:local", base_url=one.url, cache=cache) for one in (first, second, first)]
        assert [str(model.invoke("Which?").text) for model in models] == ["hand", "foot", "hand"]
        assert (len(first.requests), len(second.requests)) == (1, 1)
