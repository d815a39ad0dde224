"""Prompt file -> LangChain templates, which users may take into chains of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from dermtools.errors import PromptError
from dermtools.prompting.files.schema import EXEMPLARS, INSTRUCTION, InstructionKind, Message, PromptFile

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

Detail = Literal["auto", "low", "high"]

_ROLES = {"system": "system", "user": "human", "assistant": "ai"}


def compile_prompt(
    file: PromptFile, kind: InstructionKind = "zero-shot", *, detail: Detail = "auto"
) -> ChatPromptTemplate:
    """The whole prompt with the instruction of one kind of method written in.

    Its input variables are those the file declares; `exemplars`, where the file has a place for them, takes a
    list of messages and may be left out. Defaults of the file are filled in.
    """
    from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

    examples, instruction = MessagesPlaceholder(EXEMPLARS, optional=True), file.instruction(kind)
    parts = [examples if message.placeholder else _part(message, instruction, detail) for message in file.messages]
    return ChatPromptTemplate(parts).partial(**file.defaults)


def compile_exemplar(file: PromptFile, layout: str | None = None, *, detail: Detail = "auto") -> ChatPromptTemplate:
    """The messages of one example, in one of the file's layouts (its first one by default).

    Raises:
        PromptError: the prompt takes no examples, or has no such layout.
    """
    from langchain_core.prompts import ChatPromptTemplate

    if not file.exemplar:
        raise PromptError(
            f"prompt {file.id!r} takes no examples; use zero-shot, or a prompt with an `exemplar` section"
        )
    layout = layout or next(iter(file.exemplar))
    if layout not in file.exemplar:
        raise PromptError(f"prompt {file.id!r} has no layout {layout!r}; it has: {', '.join(file.exemplar)}")
    return ChatPromptTemplate([_part(message, "", detail) for message in file.exemplar[layout]])


def picture_block(url: str, detail: Detail = "auto") -> dict[str, Any]:
    """A picture in a message. OpenAI's form: LangChain knows it too, and drops `detail` from its own on the way."""
    return {"type": "image_url", "image_url": {"url": url} if detail == "auto" else {"url": url, "detail": detail}}


def _part(message: Message, instruction: str, detail: Detail) -> tuple[str, str | list[dict[str, Any]]]:
    role = _ROLES[message.role or "user"]
    if message.text is not None:
        return role, _with_instruction(message.text, instruction)
    return role, [
        picture_block(block.template, detail)
        if block.text is None
        else {"type": "text", "text": _with_instruction(block.text, instruction)}
        for block in message.content or ()
    ]


def _with_instruction(text: str, instruction: str) -> str:
    """Replace `{instruction}` by the method's own text, itself a template, and close the gap if it is empty."""
    text = re.sub(r"(?<!\{)\{" + INSTRUCTION + r"\}(?!\})", lambda _: instruction.strip(), text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
