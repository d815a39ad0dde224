"""Whose rules a model goes by."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel, LangSmithParams
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from dermtools.agent import PROVIDER_RULES, ProviderRules
from dermtools.agent.provider_rules import UNKNOWN, rules_for
from dermtools.errors import ModelError


class Hosted(FakeListChatModel):
    """A model of a provider that is told to it, as each LangChain integration says whose it is."""

    provider: str

    def _get_ls_params(self, stop: list[str] | None = None, **options: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider=self.provider)


def openai(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "gpt-4.1", "api_key": "k", **options})


@pytest.mark.parametrize("provider", [name for name in PROVIDER_RULES if name not in ("openai", "azure")])
def test_a_model_goes_by_the_rules_of_its_provider(provider: str) -> None:
    assert rules_for(Hosted(responses=[], provider=provider)) is PROVIDER_RULES[provider]


def test_openais_two_apis_have_rules_of_their_own() -> None:
    assert rules_for(openai()).tool_pictures == "after-tool-messages"
    assert rules_for(openai(use_responses_api=True)).tool_pictures == "tool-message"
    assert rules_for(openai(use_responses_api=True).bind(stop=["x"])).tool_pictures == "tool-message"
    azure = AzureChatOpenAI(azure_endpoint="https://x.test", api_version="1", api_key="k", azure_deployment="d")
    assert rules_for(azure).tool_pictures == "after-tool-messages"


@pytest.mark.parametrize("name", ["mistralai/Mistral-Small-4-119B-2603-NVFP4", "pixtral-12b", "Devstral-2"])
def test_a_mistral_model_behind_an_openai_api_gets_no_user_message_after_a_tools(name: str) -> None:
    assert rules_for(openai(model=name, base_url="http://localhost:1/v1")).tool_pictures == "question"


def test_a_provider_that_nobody_knows_gets_no_message_where_it_may_refuse_one() -> None:
    assert rules_for(Hosted(responses=[], provider="new")) is UNKNOWN
    assert UNKNOWN.tool_pictures == "question"


def test_rules_of_ones_own_go_before_the_table_by_class_then_provider() -> None:
    own, others = ProviderRules("tool-message", 3), ProviderRules("question")
    assert rules_for(openai(), own) is own
    assert rules_for(openai(), {"ChatOpenAI": own, "openai": others}) is own
    assert rules_for(openai(), {"BaseChatOpenAI": own}) is own
    assert rules_for(openai(), {"openai": others}) is others
    assert rules_for(openai(), {"mistral": own}) is PROVIDER_RULES["openai"]


@pytest.mark.parametrize(("place", "most"), [("somewhere", None), ("question", 0)])
def test_rules_that_make_no_sense_are_refused(place: Any, most: int | None) -> None:
    with pytest.raises(ModelError, match=r"there are: tool-message|at least 1"):
        ProviderRules(place, most)
