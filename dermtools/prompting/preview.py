"""A prompt as one page, complete in itself: what would be sent, in the order in which it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dermtools.pages import frame, look, templates
from dermtools.prompting.cost.estimate import Picture, PromptEstimate, blocks

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from dermtools.prediction import Exemplar

_ROLES = {"human": "user", "ai": "assistant"}


def preview_html(
    messages: Sequence[BaseMessage],
    estimate: PromptEstimate,
    *,
    title: str = "Prompt",
    exemplars: Sequence[Exemplar] = (),
    schema: Mapping[str, Any] | None = None,
) -> str:
    """One self-contained HTML page: pictures inline, light and dark, no script, nothing loaded from elsewhere.

    Args:
        messages: as they would be sent, e.g. `BuiltPrompt.messages`.
        estimate: of these messages, see `estimate_prompt`.
        title: the heading.
        exemplars: of these messages, in their order; they are shown as a strip, each picture with its labels.
        schema: JSON schema of the answer, where one is asked for; see `PromptBuilder.schema`.
    """
    shown = [(_ROLES.get(message.type, message.type), list(blocks(message))) for message in messages]
    pictures = [part for _, parts in shown for part in parts if isinstance(part, Picture)]
    # Examples come before the question, each with one picture or, in a layout of words alone, none.
    strip = list(zip(exemplars, pictures, strict=False)) if len(pictures) > len(exemplars) else []
    page = templates("dermtools.prompting").get_template("preview.html.j2")
    return page.render(
        title=title,
        messages=shown,
        estimate=estimate,
        strip=strip,
        question=pictures[-1] if strip else None,
        schema=None if schema is None else json.dumps(schema, indent=2, ensure_ascii=False),
        style=look() + frame(),
    )
