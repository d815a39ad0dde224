"""A page that shows exactly what a prompt would send: every message, every picture, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.pages import templates
from dermtools.prompting.cost.estimate import Picture, PromptEstimate, blocks

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_ROLES = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}


@dataclass(frozen=True)
class _Shown:
    number: int
    role: str
    parts: list[str | Picture]
    is_last: bool


def preview_html(messages: Sequence[BaseMessage], estimate: PromptEstimate, *, title: str = "Prompt") -> str:
    """One self-contained HTML page: pictures inline, light and dark, no script, nothing loaded from elsewhere.

    Args:
        messages: as they would be sent.
        estimate: of these messages, see `estimate_prompt`.
        title: heading of the page.
    """
    shown = [
        _Shown(number, _ROLES.get(message.type, message.type), list(blocks(message)), number == len(messages))
        for number, message in enumerate(messages, start=1)
    ]
    return (
        templates("dermtools.prompting")
        .get_template("preview.html.j2")
        .render(title=title, messages=shown, estimate=estimate)
    )
