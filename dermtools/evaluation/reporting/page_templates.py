"""The templates of this room's pages, with what all of them use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dermtools.evaluation.reporting import tables
from dermtools.pages import frame, look, templates, verbatim

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def page_templates() -> Environment:
    """The environment with filters, style and script."""
    environment = templates("dermtools.evaluation.reporting")
    for name in ("percent", "span", "seconds", "dollars", "unlabelled", "credits", "passed_on"):
        environment.filters[name] = getattr(tables, name)
    environment.globals["house_style"] = look() + frame()
    environment.globals["style"] = verbatim("dermtools.evaluation.reporting", "report.css")
    environment.globals["script"] = verbatim("dermtools.evaluation.reporting", "report.js")
    return environment
