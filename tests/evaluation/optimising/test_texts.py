"""Which texts of a prompt may be rewritten, and what a rewritten one must keep."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.errors import PromptError
from dermtools.evaluation.optimising.texts import refusal, texts_of, with_texts
from dermtools.prompting import PromptLibrary, read_prompt
from dermtools.prompting.files.writing import prompt_yaml
from tests.support.prompt_files import MINE, write

FIRST = "Choose one of {labels}.\n\n{instruction}\n"


def test_the_system_message_and_the_methods_instruction_may_be_rewritten_and_nothing_else() -> None:
    file = PromptLibrary().get("generic").file
    assert texts_of(file, "rag-mmr") == {
        "messages.0.text": file.messages[0].text,
        "instructions.rag": file.instructions["rag"],
    }
    assert list(texts_of(file, "zero-shot")) == ["messages.0.text"]


def test_without_a_system_message_what_the_user_says_may_be_rewritten(tmp_path: Path) -> None:
    text = MINE.replace("role: system", "role: user").replace("instructions:\n  rag: Look at the {labels} again.\n", "")
    text = text.replace("\n\n      {instruction}", "")
    assert list(texts_of(read_prompt(write(tmp_path, text)).file, "rag")) == ["messages.0.text"]


def test_a_prompt_of_placeholders_alone_is_refused() -> None:
    file = PromptLibrary().get("generic").file
    bare = with_texts(file, {"messages.0.text": "{question} {labels}"}, instructions={})
    with pytest.raises(PromptError, match="no text that could be optimised"):
        texts_of(bare, "rag")


@pytest.mark.parametrize(
    ("proposed", "reason"),
    [
        ("  \n", "it is empty"),
        ("Choose. {instruction}", "it lost {labels}"),
        ("{labels} {instruction} {image}", "{image} means nothing"),
        ("{labels} {instruction} {classes}", "{classes} means nothing"),
        ('{labels} {instruction} answer {"label": "x"}', "write literal braces twice"),
        ("{labels} {instruction} {", "write literal braces twice"),
        ("{labels!r} {instruction}", "not a plain variable"),
        ("{labels} {instruction}" + "x" * 8_000, "write at most 8,000"),
    ],
)
def test_a_text_that_breaks_the_template_is_refused_with_the_reason(proposed: str, reason: str) -> None:
    assert reason in str(refusal(FIRST, proposed))


@settings(max_examples=25)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_whatever_is_not_refused_makes_a_valid_prompt_file(tmp_path_factory: pytest.TempPathFactory, said: str) -> None:
    file = PromptLibrary().get("generic").file
    proposed = f"{said} {{question}} {{labels}} {{instruction}} {said}"
    if refusal(str(file.messages[0].text), proposed) is None:
        made = with_texts(file, {"messages.0.text": f"{proposed}\n"}, id="made", version=2)
        written = write(tmp_path_factory.getbasetemp(), prompt_yaml(made), "made.yaml")
        assert read_prompt(written).file == made


def test_a_file_that_would_not_be_valid_is_not_made() -> None:
    with pytest.raises(PromptError, match=r"messages\.0\.text: \{classes\} is not declared"):
        with_texts(PromptLibrary().get("generic").file, {"messages.0.text": "{classes} {labels} {instruction}"})
