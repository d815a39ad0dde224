"""Text in a cell of a table."""

from __future__ import annotations

import re

_CODE = re.compile(r"(`[^`]*`)")


def cell(text: str) -> str:
    """The text with bars that divide no cells; one inside code divides none anyway, and would show its backslash."""
    return "".join(one if _CODE.fullmatch(one) else one.replace("|", r"\|") for one in _CODE.split(text))
