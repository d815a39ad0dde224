"""A page that shows exactly what a prompt would send: every message, every picture, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dermtools.pages import templates
from dermtools.prompting.cost.estimate import PromptEstimate, blocks

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_ROLES = {"human": "user", "ai": "assistant"}


def preview_html(messages: Sequence[BaseMessage], estimate: PromptEstimate, *, title: str = "Prompt") -> str:
    """One self-contained HTML page: pictures inline, light and dark, no script, nothing loaded from elsewhere.

    `estimate` is that of the messages, see `estimate_prompt`; `title` is the heading.
    """
    shown = [(_ROLES.get(message.type, message.type), list(blocks(message))) for message in messages]
    page = templates("dermtools.prompting").get_template("preview.html.j2")
    return page.render(title=title, messages=shown, estimate=estimate)
