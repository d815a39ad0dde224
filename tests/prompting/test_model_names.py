"""What a name says of a model: the same through every provider, with and without its date."""

from __future__ import annotations

import pytest

from dermtools.prompting.model_names import (
    ANSWER_TOKENS,
    REASONING_TOKENS,
    plain_name,
    reasons,
    takes_temperature,
    usual_output_limit,
)

PLAIN = {
    "gpt-5-2025-08-07": "gpt-5",
    "gpt-5": "gpt-5",
    "openai/gpt-5-mini": "gpt-5-mini",
    "openai/o4-mini-2025-04-16:free": "o4-mini",
    "GPT-4.1-2025-04-14": "gpt-4.1",
    "gpt-4-turbo-preview": "gpt-4-turbo",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
    "claude-3-5-sonnet@20240620": "claude-3-5-sonnet",
    "gpt-oss:20b": "gpt-oss",
    "ft:gpt-4.1-2025-04-14:org::id": "gpt-4.1",
    "gpt-4.1-mini": "gpt-4.1-mini",
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_date_a_path_and_a_variant_are_no_part_of_a_name(name: str) -> None:
    assert plain_name(name) == PLAIN[name]


# OpenAI's guide "Reasoning models" and its model pages: these answer 400 to a temperature.
@pytest.mark.parametrize(
    "name",
    [
        *("gpt-5", "gpt-5-2025-08-07", "gpt-5-mini", "gpt-5-nano-2025-08-07", "gpt-5-pro", "gpt-5.1", "gpt-5.2-pro"),
        *("o1", "o1-2024-12-17", "o1-preview", "o1-mini-2024-09-12", "o3", "o3-2025-04-16", "o3-pro", "o4-mini"),
        *("o4-mini-2025-04-16", "gpt-5-codex", "codex-mini-latest", "openai/gpt-5", "openai/o3:online", "gpt5-derm"),
        *("prod-gpt-5-mini", "azure/o3-mini", "GPT-5"),
    ],
)
def test_reasoning_models_of_openai_take_no_temperature(name: str) -> None:
    assert not takes_temperature(name)
    assert usual_output_limit(name) == REASONING_TOKENS


@pytest.mark.parametrize(
    "name",
    [
        *("gpt-4.1", "gpt-4o", "gpt-4o-2024-08-06", "chatgpt-4o-latest", "gpt-4.5-preview", "gpt-5-chat-latest"),
        *("openai/gpt-5-chat", "claude-sonnet-4-5", "llava", "qwen2.5-vl-7b", "derm-prod", "local", "gpt-35-turbo"),
    ],
)
def test_others_do_and_answer_at_once(name: str) -> None:
    assert takes_temperature(name)
    assert not reasons(name)
    assert usual_output_limit(name) == ANSWER_TOKENS


@pytest.mark.parametrize(
    "name",
    ["deepseek/deepseek-r1:free", "deepseek-reasoner", "qwq:32b", "gpt-oss:20b", "gemini-2.5-pro", "qwen3-vl-thinking"],
)
def test_some_think_first_and_take_a_temperature_all_the_same(name: str) -> None:
    assert takes_temperature(name)
    assert usual_output_limit(name) == REASONING_TOKENS
