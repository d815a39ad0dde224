"""Reasoning before an answer, in the forms that models have, is never the answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.prompting.asking.reasoning import without_reasoning, without_tokens

# As the models' cards, chat templates and vLLM's reasoning parsers (docs.vllm.ai, "Reasoning outputs") have them.
FORMS = {
    "DeepSeek R1, Qwen 3": ("<think>\n", "\n</think>\n\n"),
    "upper case": ("<THINK>", "</THINK>"),
    "with an attribute": ('<thinking mode="deep">', "</thinking>"),
    "reasoning": ("<reasoning>", "</reasoning>"),
    "EXAONE Deep": ("<thought>\n", "\n</thought>\n"),
    "Reflection": ("<reflection>", "</reflection>"),
    "Seed OSS": ("<seed:think>", "</seed:think>"),
    "LongCat": ("<longcat_think>", "</longcat_think>"),
    "Kimi-VL": ("◁think▷", "◁/think▷"),
    "Magistral": ("[THINK]", "[/THINK]"),
    "OpenThinker": ("<|begin_of_thought|>", "<|end_of_thought|>"),
    "Command A Reasoning": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "MedGemma": ("<unused94>thought\n", "<unused95>"),
    "Gemma 4": ("<|channel>thought\n", "<channel|>"),
    "Apertus": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "Granite 3.2": ("Here is my thought process: ", "Here's my response: "),
    "gpt-oss": ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "gpt-oss, no special tokens": ("analysis", "assistantfinal"),
    "doubled": ("<think>\n<think>\n", "</think>"),
}
NEED_THEIR_OPENING = {"Granite 3.2", "gpt-oss, no special tokens"}
DRAFTS = st.sampled_from(["face", '{"label": "face"}', '<tool_call>{"name": "answer"}</tool_call>', "```\nface\n```"])
PROSE = st.text("abc <>[]{}|/\n", max_size=30)


def said(text: str) -> str:
    return without_tokens(without_reasoning(text)[0])


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None)
@given(PROSE, DRAFTS, PROSE)
def test_a_draft_in_reasoning_is_dropped_and_what_follows_is_left(
    form: str, before: str, draft: str, after: str
) -> None:
    opening, closing = FORMS[form]
    thought = f"{before}{draft}{after}"
    assert said(f"{opening}{thought}{closing}arm") == "arm"
    if form not in NEED_THEIR_OPENING:
        assert said(f"{thought}{closing}arm") == "arm", "the chat template had opened it"


@pytest.mark.parametrize("form", FORMS)
def test_reasoning_that_does_not_end_leaves_nothing(form: str) -> None:
    opening, _ = FORMS[form]
    if form != "gpt-oss, no special tokens":  # nothing tells it from a word
        assert without_reasoning(f'{opening}Perhaps {{"label": "face"}}') == ("", True)
    if form not in NEED_THEIR_OPENING:
        assert without_reasoning(f"arm{opening}no, face") == ("", True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a<think>b</think>face</think>arm", "arm"),
        ("<think>a <reflection> face</think>arm", "arm"),
        ("<think>a</reflection>face</think>arm", "arm"),
        ("<think>a</think><reflection>face</reflection>arm", "arm"),
        ("<think>a</think>face</think>arm", "arm"),
        ("lower<think>a</think>arm", "lower\narm"),
        ("arm<|im_end|>\n<|endoftext|>", "arm"),
        ("<|im_start|>assistant\narm</s>", "arm"),
        ("\ufeff\u200barm\u200b", "arm"),
        ("<think>\n\n</think>\n\n<|begin_of_box|>arm<|end_of_box|>", "arm"),
        ("I think, thinking of reasoning: arm", "I think, thinking of reasoning: arm"),
        ("Reasoning: face. Answer: arm", "Reasoning: face. Answer: arm"),
        ("<1 cm", "<1 cm"),
        ("", ""),
    ],
)
def test_what_is_left(text: str, left: str) -> None:
    assert said(text) == left


def test_a_call_of_gpt_oss_is_left_without_the_analysis() -> None:
    # OpenAI, "OpenAI harmony response format": receiving tool calls; the recipient stands in the role or the channel.
    analysis = "<|channel|>analysis<|message|>face?<|end|><|start|>assistant"
    for header in (
        "<|channel|>commentary to=functions.answer <|constrain|>json",
        " to=functions.answer<|channel|>commentary json",
    ):
        left, unfinished = without_reasoning(f'{analysis}{header}<|message|>{{"label": "arm"}}<|call|>')
        assert left.startswith(("<|start|>", "<|channel|>"))
        assert "face" not in left
        assert not unfinished


HOSTILE = [
    "<think>",
    "</think>",
    "<think>a</reflection>",
    "<",
    "<|",
    "◁",
    "<aaaa_",
    "<|channel|>a",
    "assistantfinal",
    "<|a|>",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_many_marks_is_read_to_its_end(piece: str) -> None:
    """In a time that grows with the square of the length this would not end."""
    text = piece * (200_000 // len(piece))
    left, unfinished = without_reasoning(text)
    assert unfinished == piece.startswith("<think>")
    assert len(without_tokens(left)) <= len(text)
