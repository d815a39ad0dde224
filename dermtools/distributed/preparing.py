"""What a worker of an ingest does: reads pictures, hashes and embeds them, and writes the rows beside the case base's.

The preparation and the embedding are those of an ingest on one machine. Only what becomes of a case goes back, not its
picture; except for cases that are stored already, whose other picture the process that started the ingest stores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.cases.case import SourceCase
from dermtools.cases.columns import StoredCase, check_rows
from dermtools.cases.fragments import FragmentWriter
from dermtools.cases.manifest import Manifest, read_manifest
from dermtools.embedding import Embedder, load_embedder
from dermtools.errors import CaseBaseError
from dermtools.images import ImageLimits
from dermtools.images.writing import WrittenLine
from dermtools.retrieval.ingest.embed import Outcome, embed_batch
from dermtools.retrieval.ingest.prepare import Picture, Prepared, TextCheck, prepare, prepared_ahead
from dermtools.retrieval.ingest.sizes import in_batches, weight_of
from dermtools.version import __version__

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Settings:
    """What all workers of an ingest are told."""

    folder: Path
    manifest: Manifest
    embedder: str | Embedder
    writer: FragmentWriter
    batch_size: int
    threads: int
    limits: ImageLimits
    text: TextCheck
    version: str = __version__


@dataclass(frozen=True)
class Piece:
    """Cases that one worker takes, in the order of the source."""

    cases: Sequence[SourceCase]
    stored: Mapping[str, str]
    """Case id to content hash of those that the case base holds already."""


@dataclass(frozen=True)
class Told:
    """What became of one case."""

    content_hash: str = ""
    problem: str | None = None
    writing: tuple[WrittenLine, ...] = ()
    picture: Picture | None = None
    """Of a stored case that has another picture now; without the decoded one."""
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Done:
    """What became of a piece: each of its cases, the files with the new rows, and how many pictures were embedded."""

    told: Sequence[Told]
    fragments: Sequence[str]
    embedded: int


class Preparing:
    """A worker: it holds the encoder from its first piece to its last."""

    def __init__(self, settings: Settings) -> None:
        self._its = settings
        _check_shared(settings)
        given = settings.embedder
        self._embedder = load_embedder(given) if isinstance(given, str) else given
        if self._embedder.identity != settings.manifest.identity:
            raise CaseBaseError(
                f"a worker's {self._embedder.spec} is {self._embedder.identity}, the case base needs "
                f"{settings.manifest.identity}; give all machines the same weights"
            )

    def __call__(self, piece: Piece) -> Done:
        def read(source: SourceCase) -> Prepared:
            known = piece.stored.get(source.case.case_id)
            return prepare(
                source,
                self._embedder,
                self._its.manifest,
                () if known is None else (known,),
                self._its.limits,
                self._its.text,
            )

        told: dict[str, Told] = {}
        rows: list[StoredCase] = []
        held: dict[str, StoredCase] = {}
        embedded = 0
        with closing(prepared_ahead(piece.cases, read, workers=self._its.threads)) as cases:
            for batch in in_batches(cases, self._its.batch_size, lambda item: item.pixels, weight_of):
                for item in batch:
                    told[item.case.case_id] = Told(item.content_hash, item.problem, item.writing)
                todo = [item for item in batch if item.picture is not None]
                outcomes, count = embed_batch(todo, held, read, self._embedder)
                embedded += count
                for outcome in outcomes:
                    told[outcome.case_id] = _after(told[outcome.case_id], outcome, outcome.case_id in piece.stored)
                    if outcome.row is not None:
                        held.setdefault(outcome.row.content_hash, outcome.row)
                        if outcome.case_id not in piece.stored:
                            rows.append(outcome.row)
        check_rows(rows, self._its.manifest.tasks, self._its.manifest.identity.dimension)
        fragments = self._its.writer.write(rows) if rows else []
        return Done([told[source.case.case_id] for source in piece.cases], fragments, embedded)


def _after(told: Told, outcome: Outcome, stored: bool) -> Told:
    row = outcome.row
    if row is None:
        return replace(told, problem=outcome.reason)
    if not stored:
        return told
    picture = Picture(None, row.jpeg, (row.width, row.height), row.picture_hash)
    return replace(told, picture=picture, vector=row.vector)


def _check_shared(settings: Settings) -> None:
    """Refuse a machine that has another folder at the case base's path, or another version of this package."""
    if settings.version != __version__:
        raise CaseBaseError(
            f"a worker has dermtools {__version__}, this machine {settings.version}; install one version on all"
        )
    try:
        created = read_manifest(settings.folder).created
    except CaseBaseError:
        created = ""
    if created != settings.manifest.created:
        raise CaseBaseError(
            f"a worker does not see {settings.folder}: the folder of the case base must be shared by all machines of "
            "the cluster, under the same path, as on a network drive"
        )
