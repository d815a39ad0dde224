"""All pages that are made from the code."""

from __future__ import annotations

from docs.generator import commands, error_lines, notebooks, python_names, schemas


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    parts = (commands, python_names, schemas, error_lines, notebooks)
    return {path: page for part in parts for path, page in part.pages().items()}
