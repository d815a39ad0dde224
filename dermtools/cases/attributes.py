"""Attributes of cases: which of a source's columns are kept, and who may see them.

An attribute is private until it is shown: it filters, makes subgroups and serves evaluation on this machine. A shown
one may also reach a prompt, a tool's result, an MCP client, a retriever's document or a page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote
from typing import Literal

from dermtools.cases.case import AttributeValue, Case, Problem, SourceData
from dermtools.cases.identifiers import identifying_attributes, names_in_ids
from dermtools.cases.manifest import Manifest
from dermtools.errors import QueryError, SourceError
from dermtools.text import few, instead, name_key
from dermtools.vocabularies import COLUMNS

Audience = Literal["private", "shown"]
ALL = "all"
IN_IDS = "ingest into a new case base with --pseudonyms"
_LISTED = 12
_HARMLESS = frozenset(name_key(word) for words in COLUMNS.values() for word in words)


def is_harmless(name: str) -> bool:
    """Whether a column is called as age, sex, body site and skin type are; such were shown by earlier versions."""
    return name_key(name) in _HARMLESS


def shown_attributes(manifest: Manifest, names: Iterable[str]) -> frozenset[str]:
    """Of the attributes with these names, those that may reach a model, a client or a page."""
    if manifest.shown is None:  # made by an earlier version, which had no audiences
        return frozenset(filter(is_harmless, names))
    return frozenset(names) & frozenset(manifest.shown)


def counted_attributes(manifest: Manifest, names: Iterable[str]) -> frozenset[str]:
    """Of the attributes with these names, those whose values the operator's own counts and subgroups name.

    The shown ones, and age, sex, site and skin type: a private column that is called nearly so may hold anything.
    """
    known = tuple(names)
    return shown_attributes(manifest, known) | frozenset(filter(is_harmless, known))


def visible(case: Case, shown: Collection[str]) -> Case:
    """The case with its shown attributes alone."""
    kept = {name: value for name, value in case.attributes.items() if name in shown}
    return case if len(kept) == len(case.attributes) else case.model_copy(update={"attributes": kept})


def resolved(requested: Iterable[str], names: Sequence[str], what: str) -> tuple[str, ...]:
    """The attributes that were requested, as they are written; case, blanks, `_` and `-` aside.

    Raises:
        QueryError: there is none of that name; names the nearest.
    """
    keys = {name_key(name): name for name in reversed(names)}
    found = []
    for name in requested:
        match = name if name in names else keys.get(name_key(name))
        if match is None:
            raise QueryError(f"{what} has no column or attribute {name!r}; {instead(name, names)}")
        found.append(match)
    return tuple(dict.fromkeys(found))


def choose(data: SourceData, requested: Sequence[str] | Literal["all"]) -> SourceData:
    """Mark which attributes an ingest keeps.

    Raises:
        SourceError: the source has no such column, or it is a task.
    """
    names = list(dict.fromkeys(name for item in data.cases for name in item.case.attributes))
    if requested == ALL:
        kept = tuple(names)
    else:
        tasks = [task.name for task in data.tasks]
        if task := next((name for name in requested if name in tasks and name not in names), None):
            raise SourceError(f"{task} is a task already; --attribute is for other columns")
        try:
            kept = resolved(requested, names, data.name)
        except QueryError as error:
            raise SourceError(str(error)) from error
    return replace(data, kept=kept)


def choice_notes(data: SourceData) -> list[str]:
    """What an ingest keeps as attributes and what it leaves out, for the person who started it.

    As `told`, not among the source's own notes: those are stored, and models read them.
    """
    if data.kept is None:
        return []
    names = dict.fromkeys(name for item in data.cases for name in item.case.attributes)
    left = [name for name in names if name not in data.kept]
    notes = [f"attributes kept, private until shown: {', '.join(data.kept)}"] if data.kept else []
    if left:
        how = "keep one as an attribute with --attribute NAME, all with --all-attributes"
        notes.append(f"columns left out: {few(left, _LISTED)}; {how}")
    return notes


def identifier_problems(data: SourceData, ids: Iterable[str]) -> Iterator[Problem]:
    """Kept attributes, and ids as they are stored, that look as if they told who somebody is; never what they say."""
    kept = data.kept if data.kept is not None else {name for item in data.cases for name in item.case.attributes}
    columns = {name: [item.case.attributes.get(name) for item in data.cases] for name in kept}
    for name, kind in identifying_attributes(columns).items():
        how = "private until shown; if it is not needed, remove it: dermtools attributes CASEBASE --drop"
        yield Problem(f"attribute {name}", f"looks like {kind}; {how} {quote(name)}")
    labels = [word for task in data.tasks for word in (task.name, *task.labels)]
    if named := names_in_ids(ids, labels):
        yield Problem("ids", f"{len(named)} look like names of people, and ids go to models; {IN_IDS}")


def kept_attributes(
    case: Case, kept: Collection[str] | None, stored: Mapping[str, AttributeValue]
) -> dict[str, AttributeValue]:
    """What an ingest stores of a case's attributes: the kept ones, beside others that it stored before."""
    if kept is None:
        return dict(case.attributes)
    before = {name: value for name, value in stored.items() if name not in kept}
    return before | {name: value for name, value in case.attributes.items() if name in kept}
