"""Addresses of what the server can be read for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from dermtools.errors import QueryError
from dermtools.text import one_line

CASE_BASE_URI = "dermtools://case-base"
CASE_TEMPLATE = "dermtools://cases/{case_id}"
PICTURE_TEMPLATE = "dermtools://cases/{case_id}/picture"
LABEL_TEMPLATE = "dermtools://tasks/{task}/labels/{label}"

_SCHEME = "dermtools://"
_MAX_URI = 4096


@dataclass(frozen=True)
class CaseBaseAddress:
    """The description of the case base."""


@dataclass(frozen=True)
class CaseAddress:
    """A case, or its picture."""

    case_id: str
    picture: bool = False


@dataclass(frozen=True)
class LabelAddress:
    """The cases that carry a label."""

    task: str
    label: str


Address = CaseBaseAddress | CaseAddress | LabelAddress


def case_uri(case_id: str) -> str:
    """Address of a case."""
    return CASE_TEMPLATE.format(case_id=quote(case_id, safe=""))


def picture_uri(case_id: str) -> str:
    """Address of a case's picture."""
    return PICTURE_TEMPLATE.format(case_id=quote(case_id, safe=""))


def label_uri(task: str, label: str) -> str:
    """Address of the cases that carry a label."""
    return LABEL_TEMPLATE.format(task=quote(task, safe=""), label=quote(label, safe=""))


def parse_uri(uri: str) -> Address:
    """What an address means.

    Raises:
        QueryError: it is none of this server's.
    """
    if uri.startswith(_SCHEME) and len(uri) <= _MAX_URI:
        match [unquote(part) for part in uri.removeprefix(_SCHEME).rstrip("/").split("/")]:
            case ["case-base"]:
                return CaseBaseAddress()
            case ["cases", case_id] if case_id:
                return CaseAddress(case_id)
            case ["cases", case_id, "picture"] if case_id:
                return CaseAddress(case_id, picture=True)
            case ["tasks", task, "labels", label] if task and label:
                return LabelAddress(task, label)
    known = ", ".join((CASE_BASE_URI, CASE_TEMPLATE, PICTURE_TEMPLATE, LABEL_TEMPLATE))
    raise QueryError(f"no resource {one_line(uri, 200)!r}; there are: {known}")
