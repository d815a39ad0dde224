"""Tokens and prices: OpenAI's documented examples, and `unknown` where nothing is documented."""

from __future__ import annotations

import base64

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from dermtools.errors import PromptError
from dermtools.prompting import estimate_prompt, price_of
from dermtools.prompting.cost.estimate import image_rule
from tests.support.pictures import picture

DOCUMENTED = [
    ("gpt-4o", 1024, 1024, "high", 765),
    ("gpt-4o", 2048, 4096, "high", 1105),
    ("gpt-4o", 4096, 8192, "low", 85),
    ("gpt-4.1", 512, 512, "high", 255),
    ("gpt-4o-mini", 512, 512, "high", 2833 + 5667),
    ("gpt-4.1-mini", 1024, 1024, "high", 1659),
    ("gpt-4.1-mini", 1800, 2400, "high", 2353),
    ("gpt-4.1-nano", 32, 32, "low", 3),
]


@pytest.mark.parametrize(("model", "width", "height", "detail", "tokens"), DOCUMENTED)
def test_pictures_cost_what_openai_documents(model: str, width: int, height: int, detail: str, tokens: int) -> None:
    rule = image_rule(model)
    assert rule is not None
    assert rule.tokens(width, height, detail) == tokens


def test_a_billed_size_at_the_edge_of_a_tile_is_met() -> None:
    # Reported from bills: 2050 x 513 pixels cost 773 tokens, 8 of them text.
    rule = image_rule("gpt-4.1")
    assert rule is not None
    assert rule.tokens(2050, 513, "high") == 765


def test_a_dated_name_is_the_same_model_and_a_stranger_is_unknown() -> None:
    assert image_rule("gpt-4o-2024-08-06") == image_rule("gpt-4o")
    assert image_rule("gpt-4o-audio") is None
    assert image_rule("llava") is None


def messages(url: str) -> list[SystemMessage | HumanMessage]:
    return [SystemMessage("x" * 400), HumanMessage([{"type": "image_url", "image_url": {"url": url, "detail": "low"}}])]


def test_an_estimate_adds_text_pictures_and_price() -> None:
    jpeg = picture(1)
    url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    estimate = estimate_prompt(messages(url), "openai:gpt-4.1", output_tokens=10)
    assert (estimate.messages, estimate.pictures, estimate.picture_bytes) == (2, 1, len(jpeg))
    assert (estimate.text_tokens, estimate.picture_tokens, estimate.input_tokens) == (108, 85, 193)
    assert estimate.dollars == pytest.approx(193 * 2e-6 + 10 * 8e-6)
    assert any("genai-prices" in note for note in estimate.notes)


@pytest.mark.parametrize("model", ["openai:gpt-99", "anthropic:claude-sonnet-4-5", "ollama:llava"])
def test_what_is_not_known_is_said_and_not_guessed(model: str) -> None:
    url = "data:image/jpeg;base64," + base64.b64encode(picture(1)).decode()
    estimate = estimate_prompt(messages(url), model)
    assert (estimate.picture_tokens, estimate.input_tokens, estimate.dollars) == (None, None, None)
    assert "unknown" in " ".join(estimate.lines())


def test_a_text_prompt_on_an_unpriced_model_has_tokens_but_no_price() -> None:
    estimate = estimate_prompt([SystemMessage("x" * 40)], "openai:my-finetune")
    assert (estimate.input_tokens, estimate.dollars) == (14, None)


def test_tokens_that_were_counted_are_priced() -> None:
    assert price_of("openai:gpt-4.1", 1_000_000, 0) == pytest.approx(2.0)
    assert price_of("openai:nothing", 1, 1) is None


def test_a_picture_by_url_is_refused() -> None:
    with pytest.raises(PromptError, match="not a base64 data URL"):
        estimate_prompt(messages("https://example.org/a.jpg"))


def test_a_reasoning_model_is_expected_to_think_before_it_answers() -> None:
    plain, reasoning = (
        estimate_prompt([SystemMessage("x")], f"openai:{name}") for name in ("gpt-4.1", "o3-2025-04-16")
    )
    assert reasoning.output_tokens - plain.output_tokens == 1_400
    assert any("reasoning" in note for note in reasoning.notes)
