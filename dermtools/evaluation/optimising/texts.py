"""The texts of a prompt file that may be rewritten, and what a rewritten one must keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from dermtools.errors import PromptError
from dermtools.prompting.files.faults import faults
from dermtools.prompting.files.schema import PromptFile, template_variables

if TYPE_CHECKING:
    from dermtools.prompting.files.schema import InstructionKind

LONGEST = 8_000
"""Characters of a rewritten text; more only where the first one had more than half as many."""


def texts_of(file: PromptFile, kind: InstructionKind) -> dict[str, str]:
    """The texts that a method of this kind is told, by their place in the file, e.g. `messages.0.text`.

    Those of system messages and the method's instruction; where there is neither, those of other messages that hold
    words. Examples, glosses of labels and the form of the answer are not among them.

    Raises:
        PromptError: there is none.
    """
    system, others = dict[str, str](), dict[str, str]()
    for number, message in enumerate(file.messages):
        found = system if message.role == "system" else others
        parts = {f"messages.{number}.text": message.text}
        parts |= {f"messages.{number}.content.{n}.text": block.text for n, block in enumerate(message.content or ())}
        found.update({place: text for place, text in parts.items() if text is not None and _has_words(text)})
    general = "rag" if kind.startswith("rag") else kind
    key = next((name for name in (kind, general) if name in file.instructions), None)
    if key is not None and _has_words(file.instructions[key]):
        system[f"instructions.{key}"] = file.instructions[key]
    if not (chosen := system or others):
        raise PromptError(f"prompt {file.id!r} has no text that could be optimised; choose another prompt")
    return chosen


def with_texts(file: PromptFile, texts: Mapping[str, str], **changes: Any) -> PromptFile:
    """The file with these texts (place to text) and other top-level `changes`.

    Raises:
        PromptError: the result would be no valid prompt file.
    """
    data: dict[str, Any] = file.model_dump(mode="json", exclude_none=True, exclude_defaults=True) | changes
    for place, text in texts.items():
        steps: list[Any] = [int(step) if step.isdecimal() else step for step in place.split(".")]
        reduce(lambda part, step: part[step], steps[:-1], data)[steps[-1]] = text
    if found := faults(data):
        where, reason = found[0]
        raise PromptError(f"{'.'.join(map(str, where))}: {reason}")
    return PromptFile.model_validate(data)


def refusal(before: str, after: str) -> str | None:
    """Why a text may not stand in the place of `before`, as whoever wrote it is told; None where it may."""
    most = max(LONGEST, 2 * len(before))
    if not after.strip():
        return "it is empty"
    if len(after) > most:
        return f"it has {len(after):,} characters; write at most {most:,}"
    try:
        now = set(template_variables(after))
    except ValueError as error:
        return str(error)
    kept = set(template_variables(before))
    if lost := sorted(kept - now):
        return f"it lost {_braced(lost)}: each is replaced by text before the model sees it; write it again, exactly so"
    if foreign := sorted(now - kept):
        return f"{_braced(foreign)} means nothing in this text; take it out, or write literal braces twice: {{{{ }}}}"
    return None


def _braced(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _has_words(text: str) -> bool:
    return re.search(r"[^\W\d_]", re.sub(r"\{[^{}]*\}", "", text)) is not None
