"""LangChain's documents and cases: one as the other."""

from __future__ import annotations

import logging
import math
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.documents import Document

from dermtools.cases.attributes import visible
from dermtools.cases.case import AttributeValue, Case, SourceCase, SourceData
from dermtools.cases.groups import given_group, own_group
from dermtools.cases.sources.held import Held
from dermtools.cases.sources.roles import column_of_task
from dermtools.embedding import TextEmbedder
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import ImageError, QueryError, SourceError
from dermtools.images import open_image, read_bytes
from dermtools.numbers import plain
from dermtools.retrieval.case_base import CaseBase
from dermtools.text import one_line

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.retrieval.search.neighbors import Neighbor

logger = logging.getLogger(__name__)

PAGE_CONTENT = "page_content"
"""Attribute that keeps a document's text; a case with it came as a document."""
IMAGE = "image"
"""Key of a document's metadata that holds its picture."""
SOURCE = "LangChain documents"
_COLUMNS = ("case_id", "split")
_LONGEST = 2**63


def neighbor_document(neighbor: Neighbor) -> Document:
    """Short lines without control characters, since they come from data and go to a model; metadata in full.

    Both have the shown attributes alone.
    """
    found = f", similar case number {neighbor.rank}, distance {neighbor.distance:.4g}"
    return _told(neighbor.case, found, neighbor.to_json())


def stored_document(case: Case, shown: frozenset[str]) -> Document:
    """A case as the document that it came as, or told as `neighbor_document` tells it, without a distance."""
    seen = visible(case, shown)
    if PAGE_CONTENT not in seen.attributes:
        return _told(case, "", {**seen.model_dump(include={"case_id", "group_id", "attributes"}), "labels": _of(case)})
    metadata: dict[str, Any] = dict(seen.attributes)
    if case.group_id != own_group(case.case_id):
        metadata["group_id"] = case.group_id
    return Document(id=case.case_id, page_content=str(metadata.pop(PAGE_CONTENT)), metadata=metadata)


def found_document(neighbor: Neighbor) -> Document:
    """A neighbour as the document that it came as, or as `neighbor_document` tells it."""
    came = PAGE_CONTENT in neighbor.case.attributes and PAGE_CONTENT in neighbor.shown
    return stored_document(neighbor.case, neighbor.shown) if came else neighbor_document(neighbor)


def _of(case: Case) -> dict[str, list[str]]:
    return {task: list(labels) for task, labels in case.labels.items()}


def _told(case: Case, found: str, metadata: dict[str, Any]) -> Document:
    lines = [f"Case {one_line(case.case_id)}{found}."]
    lines += [f"{task}: {one_line(', '.join(labels))}" for task, labels in case.labels.items()]
    lines += [f"{one_line(name)}: {one_line(str(value))}" for name, value in metadata["attributes"].items()]
    return Document(id=case.case_id, page_content="\n".join(lines), metadata=metadata)


def add_documents(
    case_base: CaseBase, documents: Sequence[Document], ids: Sequence[str | None], batch_size: int
) -> list[str]:
    """Store documents as cases, in place of documents of the same ids; returns the ids, new ones where none was given.

    All are read and all texts embedded before the first is stored. What looks doubtful is logged.

    Raises:
        QueryError: a document that cannot be kept as it is, or a text without an embedder that reads text.
        ImageError: a picture cannot be read.
        SourceError: a picture could not be embedded; it says which documents are not stored.
        CaseBaseError, EmbeddingError: as `CaseBase.add`.
    """
    cases = [
        _source_case(document, f"document {number}", given or document.id)
        for number, (document, given) in enumerate(zip(documents, ids, strict=True))
    ]
    made = [case.case.case_id for case in cases]
    if len(set(made)) < len(made):
        raise QueryError(f"the id {Counter(made).most_common(1)[0][0]!r} comes twice; give each document its own")
    cases = _embedded(case_base, cases, batch_size)
    with case_base.store.write():  # from the first check on, whatever other processes write
        names = sorted({name for case in cases for name in case.case.attributes})
        _check_names(case_base, names)
        columns = case_base.columns
        cases = [_in_place(columns, case) for case in cases]
        if case_base.store.current_manifest().shown is None:  # made by an earlier version: chosen from now on
            case_base.store.update_manifest(shown=tuple(sorted(case_base.attributes.shown)))
        report = case_base.add(SourceData(SOURCE, (), tuple(cases), shown=tuple(names)), batch_size=batch_size)
    left = len(cases) - report.added - report.updated - report.unchanged
    if left:
        why = next(f"{problem.where}: {problem.reason}" for problem in report.problems if problem.where in made)
        raise SourceError(f"{left} of {len(cases)} documents are not stored, the others are; {why}")
    for problem in report.problems:
        logger.warning("%s: %s", problem.where, problem.reason)
    return made


def _source_case(document: Document, where: str, given: str | None) -> SourceCase:
    """A document as a case; a QueryError where it would not come back as it is."""
    attributes: dict[str, AttributeValue] = {PAGE_CONTENT: _checked(document.page_content, f"{where}: its text")}
    metadata: Mapping[Any, Any] = document.metadata
    for name, value in metadata.items():
        if name in (*_COLUMNS, PAGE_CONTENT):
            raise QueryError(f"{where}: metadata {name!r} is a column of every case; name it otherwise")
        if not isinstance(name, str) or not name:
            raise QueryError(f"{where}: metadata {name!r} must have a text for its name")
        if name not in (IMAGE, "group_id") and value is not None:
            attributes[_checked(name, f"{where}: metadata {name!r}")] = _checked(value, f"{where}: metadata {name!r}")
    case_id = _checked(str(uuid.uuid4() if given is None else given), f"{where}: its id")
    group = metadata.get("group_id")
    if not case_id or not isinstance(group, str | None) or group == "":
        raise QueryError(f"{where}: an id and a group_id are texts, not {given!r} and {group!r}")
    image = _picture(metadata.get(IMAGE), where)
    if image is None and not document.page_content.strip():
        raise QueryError(f"{where} has neither text nor a picture (metadata {IMAGE!r}); leave it out")
    group_id = own_group(case_id) if group is None else given_group(group)
    return SourceCase(Case(case_id=case_id, group_id=group_id, attributes=attributes), image)


def _checked(value: Any, what: str) -> Any:
    """The value, where a case base keeps it as it is."""
    value = plain(value)
    if not isinstance(value, str | int | float):
        raise QueryError(
            f"{what} is of the kind {type(value).__name__}; give text, a number or a truth value, or leave it out"
        )
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise QueryError(f"{what} holds half of a character, which cannot be stored; leave it out") from None
    elif not math.isfinite(value) or (isinstance(value, int) and not -_LONGEST <= value < _LONGEST):
        raise QueryError(f"{what} is no number that can be stored; leave it out where it is unknown")
    return value


def _picture(given: Any, where: str) -> Path | bytes | Held | None:
    if isinstance(given, str):
        return read_bytes(given, name=where) if given[:5].lower() == "data:" else Path(given).expanduser()
    return given if isinstance(given, bytes | Path | None) else Held("its picture", lambda: given)


def _embedded(case_base: CaseBase, cases: Sequence[SourceCase], batch_size: int) -> list[SourceCase]:
    """The cases, those without a picture with the vector of their text; pictures are opened, to be refused now."""
    texts = [str(case.case.attributes[PAGE_CONTENT]) for case in cases if case.image is None]
    for number, case in enumerate(cases):
        if case.image is not None:
            try:
                open_image(case.picture, min_side=1)
            except ImageError as error:
                raise ImageError(f"document {number}: {error}") from error
    embedder = case_base.embedder if texts else None
    if embedder is None:
        return list(cases)
    if not isinstance(embedder, TextEmbedder):
        raise QueryError(
            f"{case_base.identity.name} reads no text; give each document a picture (metadata {IMAGE!r}), or use a "
            "case base of an embedder that reads text, such as hf: with CLIP or SigLIP"
        )
    embed = partial(checked_vector, identity=case_base.identity, name="the embedding of a text")
    parts = [embedder.embed_texts(texts[start : start + batch_size]) for start in range(0, len(texts), batch_size)]
    vectors = iter(np.concatenate(parts))
    return [case if case.image is not None else replace(case, vector=embed(next(vectors))) for case in cases]


def _check_names(case_base: CaseBase, names: Sequence[str]) -> None:
    """Refuse metadata that would show what is private, or that says what a task's labels say, with a QueryError."""
    for task in case_base.tasks:
        if column := column_of_task(task.name, names):
            raise QueryError(
                f"metadata {column!r} is called as the task {task.name!r}, whose labels come by CaseBase.add"
            )
    audiences = case_base.attributes.audiences
    if hidden := [name for name in names if audiences.get(name) == "private"]:
        raise QueryError(
            f"metadata {hidden[0]!r} is a private attribute of the case base, and documents show theirs; name it "
            f"otherwise, or show it of all cases: case_base.attributes.show({hidden[0]!r})"
        )


def _in_place(columns: CaseColumns, new: SourceCase) -> SourceCase:
    """The case with the split of the document whose place it takes; a QueryError where that is none."""
    case_id = new.case.case_id
    row = columns.row_of.get(case_id)
    if row is None:
        return new
    if PAGE_CONTENT not in columns.case(row).attributes:
        raise QueryError(f"{case_id!r} is a case that came otherwise than as a document; give this one another id")
    return replace(new, case=new.case.model_copy(update={"split": columns.splits[row]}))
