"""Setting up chat models."""

from __future__ import annotations

import time

import pytest

from dermtools.errors import ModelError
from dermtools.prompting import chat_model
from dermtools.prompting.asking.models import model_name, model_provider
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer


def test_the_key_of_openai_is_not_sent_to_another_server(
    schemas: OpenAISchemas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with OpenAIServer(schemas) as server:
        chat_model("openai:local", base_url=server.url).invoke("hello")
        assert server.requests[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_temperature_is_0_except_for_models_that_take_none(schemas: OpenAISchemas, api: str) -> None:
    with OpenAIServer(schemas) as server:
        for name in ("gpt-4.1", "o4-mini"):
            chat_model(f"openai:{name}", api=api, base_url=server.url).invoke("hello")
        chat_model("openai:gpt-4.1", api=api, base_url=server.url, temperature=None).invoke("hello")
        assert [request.body.get("temperature") for request in server.requests] == [0, None, None]
        assert {request.api for request in server.requests} == {api}


def test_a_rate_limit_spaces_requests_out(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, requests_per_minute=600)
        started = time.monotonic()
        model.batch(["a", "b", "c", "d"])
        assert time.monotonic() - started >= 0.28


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("gpt-4.1", "needs its provider in front"),
        ("openai:", "needs its provider in front"),
        ("nobody:model", "no provider 'nobody'; there are: "),
        ("groq:llama-3.3-70b-versatile", "pip install"),
        ("openai:gpt-4.1", "OPENAI_API_KEY"),
    ],
)
def test_what_cannot_be_set_up_is_one_line_that_says_what_to_do(
    spec: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match=reason) as caught:
        chat_model(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"api": "soap"}, {"requests_per_minute": 0}, {"api": "responses", "spec": "ollama:llava"}]
)
def test_bad_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        chat_model(**{"spec": "openai:gpt-4.1", "api_key": "k", **options})


def test_azure_takes_the_environment_names_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://example.openai.azure.com")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_API_VERSION", "2024-10-21")
    model = chat_model("azure_openai:my-deployment")
    assert model.deployment_name == "my-deployment"
    assert model.openai_api_version == "2024-10-21"


def test_a_model_tells_its_name_and_provider() -> None:
    model = chat_model("openai:gpt-4.1", api_key="k")
    assert (model_name(model), model_provider(model)) == ("gpt-4.1", "openai")
