"""Code blocks of a document that are to run as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

# A block is run unless a comment before it says why not: `<!-- not run: needs a model's key -->`.
_BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]+ -->\n)?[ ]*```(?P<language>bash|python)\n(?P<code>.*?)```", re.DOTALL
)


@dataclass(frozen=True)
class Snippet:
    """One block, and the line of the document on which its code begins."""

    language: str
    code: str
    line: int


def snippets(document: Path) -> list[Snippet]:
    """Those of a document that are to run, in order."""
    text = document.read_text(encoding="utf-8")
    return [
        Snippet(match["language"], dedent(match["code"]), text.count("\n", 0, match.start("code")) + 1)
        for match in _BLOCK.finditer(text)
        if match["skip"] is None
    ]
