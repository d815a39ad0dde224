"""The order of the pages: docs/nav.yml, with the generated pages and those that nobody placed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

REST = "..."
"""In place of a page's name: all pages of that folder, its index first."""
FURTHER = "Further pages"


def navigation(written: str, pages: Iterable[str]) -> list[Any]:
    """What mkdocs takes for `nav`: that of the text `written`, over the paths of all `pages` below docs/."""
    pages = list(pages)
    nav = _filled(yaml.safe_load(written), pages)
    placed = set(paths(nav))
    unplaced = sorted(set(pages) - placed)
    return [*nav, {FURTHER: unplaced}] if unplaced else nav


def _filled(entry: Any, pages: list[str]) -> Any:
    if isinstance(entry, list):
        return [_filled(one, pages) for one in entry]
    if isinstance(entry, dict):
        return {title: _filled(below, pages) for title, below in entry.items()}
    if entry.endswith(REST):
        folder = entry.removesuffix(REST)
        inside = [page for page in pages if page.startswith(folder)]
        return sorted(inside, key=lambda page: not page.endswith("/index.md"))
    return entry


def paths(entry: Any) -> Iterator[str]:
    """Every page that a part of `nav` names, in order."""
    if isinstance(entry, str):
        yield entry
    for below in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from paths(below)
