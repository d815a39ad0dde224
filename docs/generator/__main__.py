"""Lays out what the site is built of: `python -m docs.generator build`, as `make docs` runs it.

`build/docs` gets the pages of docs/, those made from the code, and the documents that stand elsewhere;
`build/mkdocs.yml` is that of the root with the order of the pages. What was there of both is replaced.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import yaml

from docs.generator import carried, generated
from docs.generator.navigation import navigation
from docs.generator.undocumented import undocumented

DOCS = carried.ROOT / "docs"


def lay_out(folder: Path) -> None:
    """Write both below `folder`.

    Raises:
        OSError: it cannot be written.
        SystemExit: a public name says nothing of itself.
    """
    if silent := undocumented():
        raise SystemExit(f"no docstring: {', '.join(silent)}")
    laid = folder / "docs"
    shutil.rmtree(laid, ignore_errors=True)
    shutil.copytree(DOCS, laid, ignore=shutil.ignore_patterns("generator", "nav.yml"))
    pages = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    texts = {path: carried.with_links(path, f"docs/{path}", text) for path, text in pages.items()}
    texts |= {**generated.pages(), **carried.pages()}
    for path, text in texts.items():
        page = laid / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    nav = navigation((DOCS / "nav.yml").read_text(encoding="utf-8"), texts)
    settings = (carried.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / "mkdocs.yml").write_text(f"{settings}\n{yaml.safe_dump({'nav': nav})}", encoding="utf-8")


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
