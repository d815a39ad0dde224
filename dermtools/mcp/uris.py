"""Addresses of what the server can be read for."""

from __future__ import annotations

from urllib.parse import quote, unquote

from dermtools.errors import QueryError
from dermtools.text import one_line

JSON = "application/json"

CASE_BASE = "dermtools://case-base"
CASE = "dermtools://cases/{case_id}"
PICTURE = "dermtools://cases/{case_id}/picture"
LABEL = "dermtools://tasks/{task}/labels/{label}"
TEMPLATES = (CASE_BASE, CASE, PICTURE, LABEL)

_SCHEME = "dermtools://"
_MAX_URI = 4096


def case_uri(case_id: str) -> str:
    """Address of a case."""
    return CASE.format(case_id=quote(case_id, safe=""))


def picture_uri(case_id: str) -> str:
    """Address of a case's picture."""
    return PICTURE.format(case_id=quote(case_id, safe=""))


def parse_uri(uri: str) -> tuple[str, list[str]]:
    """The one of `TEMPLATES` that an address follows, and the values in it.

    Raises:
        QueryError: it is none of this server's.
    """
    if uri.startswith(_SCHEME) and len(uri) <= _MAX_URI:
        parts = [unquote(part) for part in uri.removeprefix(_SCHEME).rstrip("/").split("/")]
        for template in TEMPLATES:
            names = template.removeprefix(_SCHEME).split("/")
            pairs = list(zip(names, parts, strict=False))
            if len(names) == len(parts) and all(part if name[0] == "{" else part == name for name, part in pairs):
                return template, [part for name, part in pairs if name[0] == "{"]
    raise QueryError(f"no resource {one_line(uri, 200)!r}; there are: {', '.join(TEMPLATES)}")
