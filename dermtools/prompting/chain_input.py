"""What a chain is asked: a picture in any of its forms, resolved to a `Query` and the JPEG to send."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.images import STORED_SIDE, ImageSource, open_image
from dermtools.images.text_guard import TextGuard
from dermtools.prediction import Query
from dermtools.prompting.pictures import PictureBudget
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.queries import picture_query
from dermtools.text import bounded

ChainInput = Query | Mapping[str, Any] | ImageSource
"""A `Query`; a picture (path, bytes, PIL image, data URL, case id); or `{"image": ..., "note": ...}`."""

_KEYS = ("image", "case_id", "query", "note", "group_id")


@dataclass(frozen=True, eq=False)
class Question:
    """A resolved input."""

    query: Query
    jpeg: bytes = field(repr=False)
    """Clean, within the picture budget."""
    note: str
    variables: dict[str, str]
    """Values of the prompt's own variables."""


def read_input(
    value: ChainInput,
    *,
    case_base: CaseBase | None,
    budget: PictureBudget,
    embed: bool,
    variables: frozenset[str] = frozenset(),
    guard: TextGuard | None = None,
) -> Question:
    """Resolve what a chain was asked.

    A text is, in this order: a `data:` URL, `case:ID`, a file that exists, a case id. A mapping has one of `image`,
    `case_id`, `query`; `note` and `group_id` where known; and may have `variables` as further keys. A `guard` looks
    at every picture that is not a stored case's, before it is embedded.

    Raises:
        QueryError: it cannot be resolved; says what a chain takes.
        ImageError: the picture cannot be read.
    """
    as_given = {"query" if isinstance(value, Query) else "image": value}
    fields: dict[str, Any] = dict(value) if isinstance(value, Mapping) else as_given
    if unknown := set(fields) - set(_KEYS) - variables:
        allowed = ", ".join([*_KEYS, *sorted(variables)])
        raise QueryError(f"a chain's input has no {', '.join(sorted(map(repr, unknown)))}; it may have {allowed}")
    given = [key for key in ("image", "case_id", "query") if fields.get(key) is not None]
    if len(given) != 1:
        raise QueryError(f"give one of image, case_id and query, not {' and '.join(given) or 'none'}")
    note, group_id = fields.get("note") or "", fields.get("group_id")
    if not isinstance(note, str) or not isinstance(group_id, str | None):
        raise QueryError("note and group_id are texts")
    kind, source = given[0], fields[given[0]]
    if kind == "image" and isinstance(source, str) and not source.startswith("data:"):
        kind, source = _named(source, case_base)
    side, jpeg, remark = budget.max_side, None, ""
    shown = source.image or source.jpeg if isinstance(source, Query) else source
    if guard is not None and shown is not None and kind != "case_id" and getattr(source, "case_id", None) is None:
        remark = guard.remark(shown)
    if kind == "query":
        if not isinstance(source, Query):
            raise QueryError(f"query is a dermtools Query, not a {type(source).__name__}; give a picture as image")
        query = source if group_id is None else replace(source, group_id=group_id)
    elif kind == "case_id":
        if case_base is None:
            raise QueryError(f"case {source!r} needs a case base; give the chain one with case_base=")
        query = case_base.query(case_id=str(source), group_id=group_id)
    elif embed and case_base is not None:
        query = case_base.query(image=source, group_id=group_id)
        if side > STORED_SIDE:  # the query's own picture may have come reduced
            jpeg = budget.encode(open_image(source, min_side=side, name=query.name))
    else:
        query = picture_query(source, group_id, partial(open_image, min_side=max(side, STORED_SIDE)))
    query = replace(query, remark=remark or query.remark)
    own = {name: str(fields[name]) for name in variables if fields.get(name) is not None}
    return Question(query, jpeg or _sent(query, budget), note, own)


def _named(text: str, case_base: CaseBase | None) -> tuple[str, str | Path]:
    """Which kind of input a text names, and what."""
    if text.startswith(CASE_PREFIX):
        return "case_id", text.removeprefix(CASE_PREFIX)
    with suppress(OSError, ValueError):
        if Path(text).is_file():
            return "image", Path(text)
    if case_base is not None and text in case_base.columns.row_of:
        return "case_id", text
    where = "no such file" if case_base is None else f"neither a file nor a case of {case_base.path}"
    raise QueryError(f"{bounded(text, 200)!r}: {where}; give a path, a case id, case:ID, bytes or a data URL")


def _sent(query: Query, budget: PictureBudget) -> bytes:
    """The picture as it is sent."""
    if query.jpeg is not None:
        return budget.fit_stored(query.jpeg)
    if query.image is not None:
        return budget.encode(query.image)
    raise QueryError(f"the query {query.name} has no picture; a prompt needs one")
