"""A page for each notebook of examples/, with what it showed when `make notebooks` ran it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from docs.generator import carried

FOLDER = "examples"


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    return {page: _page(page, document) for document, page in carried.NOTEBOOKS.items()}


def _page(page: str, document: str) -> str:
    notebook = json.loads((carried.ROOT / document).read_text(encoding="utf-8"))
    title, *rest = (part for cell in notebook["cells"] for part in _cell(cell, page, document))
    file = f"{carried.REPOSITORY}/blob/main/{document}"
    source = f"*This page is the notebook [`{document}`]({file}) with its outputs.*"
    head, _, body = title.partition("\n")
    return "\n\n".join([head, source, body.strip(), *rest]) + "\n"


def _cell(cell: dict[str, Any], page: str, document: str) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield carried.with_links(page, document, text)
        return
    yield f"```python\n{text}\n```"
    for output in cell["outputs"]:
        yield _output(output)


def _output(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _printed("".join(output["text"]))
    data = output["data"]
    if "text/markdown" in data:
        # Its headings are none of this page.
        return re.sub(r"^#+ (.+)$", r"**\1**", "".join(data["text/markdown"]), flags=re.MULTILINE).strip()
    if "image/png" in data:
        facts = output["metadata"].get("image/png", output["metadata"])
        alt, width = escape(facts.get("alt", "")), facts.get("width", "")
        return f'<img class="output" alt="{alt}" width="{width}" src="data:image/png;base64,{data["image/png"]}">'
    if "text/html" in data:
        # On one line: Markdown would end the block at an empty one.
        return f'<div class="output">{" ".join("".join(data["text/html"]).split())}</div>'
    return _printed("".join(data["text/plain"]))


def _printed(text: str) -> str:
    return f"``` {{.text .output}}\n{text.rstrip()}\n```"
