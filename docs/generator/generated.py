"""All pages that are made from the code."""

from __future__ import annotations

from docs.generator import commands, notebooks, python_names, schemas


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    return {**commands.pages(), **python_names.pages(), **schemas.pages(), **notebooks.pages()}
