"""A second embedder's vectors of the same cases, from their stored pictures.

Every batch is one transaction and what is embedded already is passed over, so one that was killed resumes when it is
run again. The stored pictures are small (512 pixels a side by default): vectors differ a little from those that the
embedder would make of the originals, which can be ingested anew with it instead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from dermtools.addresses import Address
from dermtools.cases.case import Case
from dermtools.cases.columns import StoredCase
from dermtools.cases.groups import own_group
from dermtools.cases.store import CaseStore
from dermtools.embedding import Embedder, TextEmbedder, open_for_embedding
from dermtools.errors import CaseBaseError, EmbeddingError, ImageError
from dermtools.files import writable
from dermtools.images.limits import STORED
from dermtools.numbers import whole_number
from dermtools.progress import Progress, Silent
from dermtools.retrieval.ingest.embed import embedded_pictures
from dermtools.retrieval.queries import accepted, same_embedder
from dermtools.retrieval.spaces import own, space_for

if TYPE_CHECKING:
    from PIL import Image


class ReembedReport(BaseModel, frozen=True, extra="forbid"):
    """What `reembed` did."""

    path: str = Field(description="folder that holds the vectors: of a space, or of a new case base")
    embedder: str = Field(description="spec")
    embedded: int = Field(description="cases embedded now")
    unchanged: int = Field(description="cases that were embedded already")
    removed: int = Field(description="cases that have left the case base since, and now the space")
    picture_side: int = Field(description="longest side of the stored pictures that were embedded, in pixels")
    problems: tuple[str, ...] = Field(description="cases that could not be embedded, and why")
    seconds: float
    """How long it took."""


def reembed(
    store: CaseStore,
    embedder: Embedder,
    *,
    into: str | Path | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> ReembedReport:
    """Embed the stored pictures of a case base with another embedder: into a space of it, or a new case base `into`.

    A new case base has the same cases, pictures, labels, attributes and splits; it is independent from then on.

    Raises:
        CaseBaseError: the embedder is the case base's own, `into` holds something else, or another process is writing.
        EmbeddingError: the embedder failed for good; what was committed before is kept.
    """
    started = time.monotonic()
    batch_size = whole_number(batch_size, "batch_size")
    store = own(store)
    if same_embedder(embedder.identity, store.manifest.identity) and into is None:
        raise CaseBaseError(f"{store.path} is embedded with {embedder.spec} already: these are its own vectors")
    if into is None and isinstance(store.path, Address):
        raise CaseBaseError(
            f"{store.path}: vectors of a further embedder are not kept on an object store; make a case base with it: "
            "--into FOLDER"
        )
    with store.write():
        target = space_for(store, embedder) if into is None else _copy(store, embedder, into)
        with target.write():
            columns, there = store.columns(), target.columns()
            gone = there.row_of.keys() - columns.row_of.keys() if into is None else set()
            target.delete(gone)
            contents = dict(zip(there.case_ids, there.content_hashes, strict=True))
            todo = [
                case_id
                for case_id, content in zip(columns.case_ids, columns.content_hashes, strict=True)
                if contents.get(case_id) != content
            ]
            problems = _fill(store, target, embedder, todo, batch_size, progress or Silent(), bare=into is None)
            target.compact(files_kept=1)
    return ReembedReport(
        path=str(target.path),
        embedder=embedder.spec,
        embedded=len(todo) - len(problems),
        unchanged=len(columns) - len(todo),
        removed=len(gone),
        picture_side=store.manifest.picture_side,
        problems=tuple(problems),
        seconds=time.monotonic() - started,
    )


def _fill(
    store: CaseStore,
    target: CaseStore,
    embedder: Embedder,
    todo: Sequence[str],
    batch_size: int,
    progress: Progress,
    *,
    bare: bool,
) -> list[str]:
    """Embed cases batch by batch, each batch one transaction; why some could not be. `bare` rows are a space's."""
    problems: list[str] = []
    progress.start(len(todo), "embedding stored pictures")
    done = 0
    with ThreadPoolExecutor(2, thread_name_prefix="decode") as pool:
        for start in range(0, len(todo), batch_size):
            rows = store.rows(todo[start : start + batch_size])
            opened = list(pool.map(lambda row: _opened(row, embedder), rows))
            found = list(zip(rows, opened, strict=True))
            problems += [f"{row.case.case_id}: {why}" for row, why in found if isinstance(why, str)]
            ready = [(row, image) for row, image in found if not isinstance(image, str)]
            try:
                vectors, reasons = embedded_pictures(embedder, [image for _, image in ready])
            except EmbeddingError as error:
                raise EmbeddingError(f"{error}; {done} cases are kept, run the same again to resume") from error
            made = []
            for place, (row, _) in enumerate(ready):
                if place in reasons:
                    problems.append(f"{row.case.case_id}: {reasons[place]}")
                else:
                    kept = _bare(row) if bare else row
                    made.append(replace(kept, vector=vectors[place]))
            target.update(made)
            done += len(made)
            progress.advance(len(rows))
    return problems


def _opened(row: StoredCase, embedder: Embedder) -> Image.Image | str:
    """The stored picture of a case; why there is none."""
    if not row.jpeg:
        return "has no stored picture"
    try:
        return open_for_embedding(row.jpeg, embedder, name=row.case.case_id, limits=STORED)
    except ImageError as error:
        return str(error)


def _bare(row: StoredCase) -> StoredCase:
    """A row of a space: what tells the case and its picture, and no more of it."""
    case = Case(case_id=row.case.case_id, group_id=own_group(row.case.case_id))
    return replace(row, case=case, jpeg=b"", width=0, height=0, picture_hash=None)


def _copy(store: CaseStore, embedder: Embedder, into: str | Path) -> CaseStore:
    """The case base `into`, made with the tasks and settings of the other one where it is not there."""
    path = writable(into, folder=True, error=CaseBaseError)
    if path.exists() and any(path.iterdir()):
        target = CaseStore.open(path)
        accepted(embedder, target)
        return target
    manifest = store.manifest
    target = CaseStore.create(
        path,
        embedder_spec=embedder.spec,
        identity=embedder.identity,
        reads_text=isinstance(embedder, TextEmbedder),
        tasks=manifest.tasks,
        sources=manifest.sources,
        shared=not isinstance(store.path, Address) and bool(store.path.stat().st_mode & 0o070),
    )
    same_for_all = ("shown", "pseudonyms", "redact", "picture_side", "picture_quality")
    target.update_manifest(**{name: getattr(manifest, name) for name in same_for_all})
    return target
