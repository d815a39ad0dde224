"""What a model's name says of it: which model it is, whether it takes a temperature, whether it thinks first."""

from __future__ import annotations

import re

_ENDING = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|latest|preview)$")
_WORD = r"(?:^|[-_./:])"
_OPENAI_REASONING = re.compile(_WORD + r"(?:gpt-?[5-9](?!\d)|o[1-9](?=$|[-_.:]|mini|pro|preview)|codex)")
_THINKING = re.compile(
    _WORD + r"(?:gpt-oss|deepseek-r\d|deepseek-reasoner|r1|qwq|magistral|grok-3-mini|grok-4|gemini-(?:2\.5|[3-9]))"
    r"|thinking|reason"
)

ANSWER_TOKENS = 1_024
"""Enough for a label and what surrounds it; a firm limit is what makes a price ceiling firm."""
REASONING_TOKENS = 25_000
"""What OpenAI's guide "Reasoning models" advises to reserve for the reasoning and the answer together."""


def plain_name(model: str) -> str:
    """A model's name without the provider's path, variant and date: `openai/gpt-5-2025-08-07:free` is `gpt-5`."""
    name = model.casefold().removeprefix("ft:").rpartition("/")[2].partition(":")[0]
    while (shorter := _ENDING.sub("", name)) != name:
        name = shorter
    return name


def takes_temperature(model: str) -> bool:
    """False for OpenAI's reasoning models, by any name that shows which they are."""
    return "chat" in model.casefold() or not _OPENAI_REASONING.search(model.casefold())


def reasons(model: str) -> bool:
    """Whether it spends output tokens on thinking before it answers, as far as its name shows."""
    return not takes_temperature(model) or bool(_THINKING.search(model.casefold()))


def usual_output_limit(model: str) -> int:
    """Output tokens to allow where nobody says how many."""
    return REASONING_TOKENS if reasons(model) else ANSWER_TOKENS
