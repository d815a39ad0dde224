"""Documents that stand outside docs/, as pages of the site; and links to files that are no pages, to the repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

REPOSITORY = "https://github.com/dermtools/dermtools"
ROOT = Path(__file__).resolve().parents[2]

CARRIED = {
    "prompts/README.md": "prompts/README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
}
"""Page below docs/ to the document below the root."""
NOTEBOOKS = {
    f"examples/{path.name}": f"examples/{path.stem}.md" for path in sorted((ROOT / "examples").glob("*.ipynb"))
}
"""Notebook below the root to its page below docs/."""
_PLACE = {document: page for page, document in CARRIED.items()} | NOTEBOOKS

_LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(\))")


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown, its links leading where the site has their documents."""
    return {
        page: with_links(page, document, (ROOT / document).read_text(encoding="utf-8"))
        for page, document in CARRIED.items()
    }


def with_links(page: str, document: str, text: str) -> str:
    """The text of `document` as it stands at `page` of docs/.

    A link to a document that is a page leads there; one to another file of the repository to the repository.
    """

    def lead(match: re.Match[str]) -> str:
        opening, target, anchor, closing = match.groups()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document), target))
        if path in _PLACE:
            place = _PLACE[path]
        elif path == "README.md":
            place, anchor = "index.md", None
        elif path.startswith("docs/"):
            place = path.removeprefix("docs/")
        else:
            kind = "tree" if (ROOT / path).is_dir() else "blob"
            return f"{opening}{REPOSITORY}/{kind}/main/{path}{anchor or ''}{closing}"
        return f"{opening}{posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor or ''}{closing}"

    return _LINK.sub(lead, text)
