"""HTML pages that are complete in themselves: pictures inline, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@cache
def templates(package: str) -> Environment:
    """The templates in a package's folder `templates`.

    Labels, ids, file names and replies come from outside: autoescape is what keeps them text.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def verbatim(package: str, file: str) -> Markup:
    """A style or script of our own from a package's folder `templates`; escaping would break it."""
    from markupsafe import Markup

    return Markup(resources.files(package).joinpath(f"templates/{file}").read_text(encoding="utf-8"))
