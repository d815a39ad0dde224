"""What callers of LangChain pass to a search by keyword, and what they may read where it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dermtools.errors import DermtoolsError, QueryError
from dermtools.hidden_paths import client_text, places
from dermtools.numbers import plain
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.search.choices import name_written, value_written
from dermtools.text import instead

Filter = str | Mapping[str, Any]
"""A `where` condition, or a mapping from columns to the value that each must have; None: it must be unknown."""

OPTIONS = ("k", "where", "filter", "group_id", "exclude_groups", "exclude_cases", "max_per_group", "diversity", "task",
           "mmr_relevance", "mmr_pool")  # fmt: skip
"""Options of `CaseBase.search` that may be passed; `filter` is LangChain's word for a condition."""


def search_options(*given: Mapping[str, Any], allowed: Collection[str] = OPTIONS) -> dict[str, Any]:
    """Arguments for `CaseBase.search`, of several mappings: of two values the later one's, and all conditions.

    A `where` may name every column; a `filter`, which a model may have written, only what is shown.

    Raises:
        QueryError: an option that there is not, or a filter that is no condition.
    """
    options: dict[str, Any] = {}
    where: list[str] = []
    filters: list[str] = []
    for mapping in given:
        for name, value in mapping.items():
            if name not in allowed:
                raise QueryError(f"a search has no option {name!r}; {instead(name, allowed)}")
            if value is None:
                continue
            if name == "where":
                where += [value] if isinstance(value, str) else value
            elif name == "filter":
                filters += [condition] if (condition := condition_of(value)) is not None else []
            else:
                options[name] = value
    if where:
        options["where"] = where
    if filters:
        options["where_shown"] = filters
    return options


def condition_of(given: object) -> str | None:
    """A filter as a `where` condition; None where it asks for nothing. A QueryError where it is no filter."""
    if isinstance(given, str):
        return given
    if not isinstance(given, Mapping):
        told = "a filter is a condition such as \"age >= 40\", or {'column': value}"
        raise QueryError(f"{told}, not of the kind {type(given).__name__}")
    return " AND ".join(_equals(name, plain(value)) for name, value in given.items()) or None


def _equals(name: object, value: object) -> str:
    if not isinstance(name, str) or not isinstance(value, str | int | float | None):
        raise QueryError(
            f"filter: {name!r} must be a column with the text, number or truth value that it has, nothing of the kind "
            f"{type(value).__name__}; for more write a condition, e.g. \"age >= 40 AND sex IN ('f', 'm')\""
        )
    column = name_written(name)
    return f"{column} IS NULL" if value is None else f"{column} = {value_written(value)}"


@contextmanager
def private_errors(case_base: CaseBase, granted: Iterable[Path] = ()) -> Iterator[None]:
    """Errors that a model may read, and that are traced: without where anything lies on this machine."""
    try:
        yield
    except DermtoolsError as error:
        known = places(case_base.path, case_base.store.manifest.embedder, granted=granted)
        error.args = (client_text(error, known),)
        raise error from None
