"""The templates of this room's pages, with what all of them use."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting import tables
from dermtools.pages import frame, look, templates, verbatim

if TYPE_CHECKING:
    from jinja2 import Environment

REPORT = ("shared.js", "report.js", "versus.js", "contents.js")
"""Scripts of the report, in their order."""
_SECTION = re.compile(r'<section id="([\w-]+)" data-title="([^"]+)"([^>]*)>')


@cache
def page_templates() -> Environment:
    """The environment with filters, style and script."""
    from markupsafe import Markup

    environment = templates("dermtools.evaluation.reporting")
    for name in ("percent", "span", "seconds", "dollars", "unlabelled", "credits", "passed_on", "in_words"):
        environment.filters[name] = getattr(tables, name)
    environment.filters["contents"] = contents
    environment.globals["house_style"] = look() + frame()
    environment.globals["style"] = verbatim("dermtools.evaluation.reporting", "report.css")
    for name, files in (("script", REPORT), ("contents_script", ("contents.js",))):
        environment.globals[name] = Markup("").join(verbatim("dermtools.evaluation.reporting", file) for file in files)
    return environment


def contents(markup: str) -> list[tuple[str, str, bool]]:
    """Name and short title of each section of a page of ours, and whether a script draws it."""
    return [(name, unescape(title), "needs-script" in rest) for name, title, rest in _SECTION.findall(markup)]
