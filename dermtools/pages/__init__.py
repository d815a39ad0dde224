"""What pages are made of: templates, the look that all of them share, and the built page of the app.

A page is complete in itself: style, script and pictures inline, nothing loaded from elsewhere.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LOOK = ("tokens.css", "components.css")
"""Colours, sizes and type; and what is made of them: cards, bars, labels, notices, tables."""


@cache
def templates(package: str) -> Environment:
    """The templates in a package's folder `templates`.

    Labels, ids, file names and replies come from outside: autoescape is what keeps them text.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def verbatim(package: str, file: str) -> Markup:
    """A style or script of our own from a package's folder `templates`; escaping would break it."""
    return _own(package, f"templates/{file}")


@cache
def look() -> Markup:
    """The style that report, gallery, preview and app share."""
    from markupsafe import Markup

    return Markup("").join(_own(__name__, file) for file in LOOK)


@cache
def frame() -> Markup:
    """The further style of a page that is a file: its ground, its width, and how it prints."""
    return _own(__name__, "page.css")


@cache
def notebook_look() -> Markup:
    """The look of what stands inside a notebook's page: below `.dt` alone, and what a gallery has besides."""
    shared = look().replace(":root, .dt {", ".dt {")
    return shared + _own(__name__, "notebook.css")


@cache
def notebook_script() -> str:
    """The built module of the notebook's gallery, from the folder `page` of the project."""
    return resources.files(__name__).joinpath("notebook.js").read_text(encoding="utf-8")


@cache
def app_page() -> str:
    """The page of `dermtools app` and of the MCP App, built from the folder `page` of the project."""
    return resources.files(__name__).joinpath("app.html").read_text(encoding="utf-8")


def _own(package: str, path: str) -> Markup:
    from markupsafe import Markup

    return Markup(resources.files(package).joinpath(path).read_text(encoding="utf-8"))
