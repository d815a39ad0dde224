"""What a user holds: a case base that is open, asked, searched and written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dermtools.cases.case import Case
from dermtools.cases.splits import DEFAULT_FRACTIONS
from dermtools.embedding import Embedder, load_embedder, open_for_embedding
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import QueryError
from dermtools.images import ImageLimits, ImageSource
from dermtools.prediction import Query
from dermtools.retrieval.exportable import ExportableCaseBase
from dermtools.retrieval.holdings import holdings
from dermtools.retrieval.queries import (
    case_query,
    check_one_kind,
    picture_query,
    text_query,
    vectors_of,
    with_vector,
)
from dermtools.retrieval.search.batch import search_many
from dermtools.retrieval.search.pipeline import SearchOptions
from dermtools.retrieval.spaces import described, remarks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.edits import Edit
    from dermtools.cases.history import History
    from dermtools.cases.sources.options import SourceOptions
    from dermtools.progress import Progress
    from dermtools.retrieval.audit.report import CheckReport
    from dermtools.retrieval.ingest.report import IngestReport
    from dermtools.retrieval.reembedding import ReembedReport
    from dermtools.retrieval.search.neighbors import Neighbors


class CaseBase(ExportableCaseBase):
    """Labelled cases in a folder, searched by similarity. Make one with `create`, `open` or `open_or_create`.

    Every call sees the latest version on disk, other processes' writes included. Safe for threads.
    """

    def info(self) -> dict[str, Any]:
        """What the case base holds, as plain data: cases, groups, splits, tasks, embedder, version, sources."""
        return holdings(self.path, self.store.manifest, self.columns)

    def add(
        self,
        cases: Any,
        *,
        vectors: Any = None,
        tasks: Sequence[str] = (),
        columns: Mapping[str, str] | None = None,
        attributes: Sequence[str] | Literal["all"] = (),
        options: SourceOptions | None = None,
        name: str | None = None,
        batch_size: int = 64,
        workers: int = 2,
        progress: Progress | None = None,
        limits: ImageLimits | None = None,
        key_file: str | Path | None = None,
        check_text: bool = False,
        redact: bool | None = None,
    ) -> IngestReport:
        """Add cases; run again after an interruption, it resumes. `docs/python-data.md` shows each kind.

        Args:
            cases: a pandas or polars DataFrame, a pyarrow Table, a list of dicts, a Hugging Face Dataset (also
                `hf:NAME` or the folder of a saved one), `Case`s or `(Case, picture)`s in a list or from an iterator,
                of which few are held at a time, a path as `load_source` takes it, or a `SourceData`. A picture is a
                path, encoded bytes, a Pillow picture, or a uint8 array, shape (height, width, 3).
            vectors: embeddings by this case base's embedder, where they are known: float, shape (n, d), in the order
                of the rows; a mapping from case id to (d,); a column; or an .npy or .npz file. Pictures may be missing.
            tasks, columns, attributes: label columns, role to column, and columns to keep, private until shown.
            options: the rest of how a source is read, see `SourceOptions`.
            name: of the source, as the case base keeps it.
            batch_size, workers, progress, limits, key_file, check_text, redact: as of `ingest`.

        Raises:
            SourceError: nothing that cases can be read from, a missing column, or vectors of another shape.
            CaseBaseError, EmbeddingError: as `ingest`.
        """
        from dermtools.retrieval.ingest.adding import source_of
        from dermtools.retrieval.ingest.writing import ingest

        reading: dict[str, Any] = {"tasks": tasks, "columns": columns, "attributes": attributes, "options": options}
        data = source_of(cases, vectors=vectors, name=name, progress=progress, **reading)
        how: dict[str, Any] = {"batch_size": batch_size, "workers": workers, "progress": progress, "limits": limits}
        how |= {"key_file": key_file, "check_text": check_text, "redact": redact}
        return ingest(self.store, self.embedder, data, **how)

    def reembed(
        self,
        embedder: str | Embedder,
        *,
        into: str | Path | None = None,
        batch_size: int = 64,
        progress: Progress | None = None,
    ) -> ReembedReport:
        """Embed the stored pictures with another embedder, too; `open(..., embedder=...)` then searches by it.

        Run again after an interruption, it resumes. Options and errors as of `reembedding.reembed`.
        """
        from dermtools.retrieval.reembedding import reembed

        other = load_embedder(embedder) if isinstance(embedder, str) else embedder
        return reembed(self.store, other, into=into, batch_size=batch_size, progress=progress)

    def spaces(self) -> list[dict[str, Any]]:
        """Vectors by other embedders, made with `reembed`: name, embedder, cases embedded and missing of each."""
        return described(self.store)

    def delete(self, case_ids: Iterable[str] = (), *, groups: Iterable[str] = ()) -> int:
        """Delete cases, and all of some groups, from the disk, and return how many went; see `deletion.delete`."""
        from dermtools.retrieval.deletion import delete

        return delete(self.store, case_ids, groups)

    def remove(self, case_ids: Iterable[str] = (), *, groups: Iterable[str] = ()) -> Edit:
        """Put cases and whole groups away, restorably: it erases nothing. See `editing.removing.remove`."""
        from dermtools.retrieval.editing.removing import remove

        return remove(self.store, case_ids, groups)

    def relabel(self, changes: Mapping[str, Mapping[str, Collection[str]]], *, new_labels: bool = False) -> Edit:
        """Give cases other labels: case id to task to labels. See `editing.relabel.relabel`."""
        from dermtools.retrieval.editing.relabel import relabel

        return relabel(self.store, changes, new_labels=new_labels)

    def split(
        self,
        groups: Mapping[str, str] | None = None,
        *,
        fractions: Sequence[float] = DEFAULT_FRACTIONS,
        seed: int = 0,
        task: str | None = None,
    ) -> Edit:
        """Make all splits anew, or put some groups where it is said. See `editing.splitting.split`."""
        from dermtools.retrieval.editing.splitting import split

        return split(self.store, groups, fractions=fractions, seed=seed, task=task)

    def merge(self, *others: CaseBase) -> Edit:
        """Bring all cases of other case bases into this one; those stay. See `editing.merging.merge`."""
        from dermtools.retrieval.editing.merging import merge

        return merge(self.store, [other.store for other in others])

    def history(self) -> History:
        """What was done to the case base, which earlier versions can be had back, and their room on the disk."""
        from dermtools.cases.history import history

        return history(self.store)

    def restore(self, version: int, *, present: int | None = None) -> Edit:
        """Bring an earlier version back, as one new version. See `editing.restoring.restore`."""
        from dermtools.retrieval.editing.restoring import restore

        return restore(self.store, version, present=present)

    def cases(self, where: str | None = None) -> list[Case]:
        """All cases, or those that satisfy a `where` condition, in row order. Raises a QueryError as `search`."""
        facts = self.facts
        rows = range(len(facts)) if where is None else np.flatnonzero(facts.matching(where)).tolist()
        return facts.columns.cases(rows)

    def add_hashes(self) -> int:
        """Hash pictures that an earlier version stored, so that edited copies are found; see `ingest.hashing`."""
        from dermtools.cases.hashing import add_hashes

        return add_hashes(self.store)

    def check(
        self,
        *,
        text: bool = False,
        labels: bool = False,
        tasks: Collection[str] = (),
        progress: Progress | None = None,
    ) -> CheckReport:
        """Look for what is wrong or doubtful; options and errors as of `audit.checking.check`.

        With `text` for writing in pictures, too (extra `ocr`); with `labels` for wrong labels (extra `report`).
        """
        from dermtools.retrieval.audit.checking import check

        return check(self.store, text=text, labels=labels, tasks=tasks, progress=progress)

    def query(
        self,
        image: ImageSource | None = None,
        *,
        vector: NDArray[np.floating[Any]] | None = None,
        case_id: str | None = None,
        text: str | None = None,
        group_id: str | None = None,
        limits: ImageLimits | None = None,
    ) -> Query:
        """Resolve and embed exactly one of: a picture, a vector, a case of this case base, a text.

        Args:
            image: path, `data:` URL, encoded bytes or open PIL image.
            vector: embedding by this case base's embedder, shape (d,), of norm 1 where the embedder's are.
            case_id: an existing case.
            text: words, where the embedder reads text.
            group_id: patient or encounter of the query where it is known, so that search leaves it out.
            limits: on the picture; by default those of the environment.

        Raises:
            QueryError: not exactly one is given, no such case, another shape or norm, or the embedder reads no text.
            ImageError: the picture cannot be read.
        """
        check_one_kind(image=image, vector=vector, case_id=case_id, text=text)
        if image is not None:
            opened = partial(open_for_embedding, embedder=self.embedder)
            return with_vector(picture_query(image, group_id, opened, limits), self.embedder)
        if text is not None:
            return text_query(text, self.embedder if self.reads_text else None, self.identity, group_id)
        if case_id is not None:
            return case_query(case_id, self.snapshot, self.store.jpegs, group_id)
        return Query(name="vector", vector=checked_vector(vector, self.identity, "the query vector"), group_id=group_id)

    def search(
        self,
        image: ImageSource | None = None,
        *,
        vector: NDArray[np.floating[Any]] | None = None,
        case_id: str | None = None,
        text: str | None = None,
        query: Query | None = None,
        k: int = 5,
        where: str | Collection[str] | None = None,
        group_id: str | None = None,
        exclude_groups: Collection[str] = (),
        exclude_cases: Collection[str] = (),
        max_per_group: int | None = None,
        diversity: str | None = None,
        task: str | None = None,
        mmr_relevance: float = 0.5,
        mmr_pool: int | None = None,
        leak_guard: bool = True,
        where_shown: str | Collection[str] | None = None,
    ) -> Neighbors:
        """The k nearest cases by exact Euclidean distance, nearest first; fewer where no more are left.

        The leak guard leaves out the query's own group and picture (see `search/leak_guard.py`), as if they were not
        in the case base.

        Args:
            image, vector, case_id, text, group_id: the query, as for `query`; or `query`, one that it made.
            k: how many cases, at least 1.
            where: SQL-like conditions that all hold, e.g. `"age >= 40"`; see `search/where.py`.
            exclude_groups, exclude_cases: what to leave out besides.
            max_per_group: at most so many cases of one group.
            diversity: `mmr` for pictures unlike each other, `balanced` for cases of many labels of `task`.
            task: what `balanced` spreads over.
            mmr_relevance, mmr_pool: for `mmr`, from 0 (unlike each other) to 1 (near the query); and from
                how many of the nearest to choose, 4 k by default.
            leak_guard: False only to meet the query's own cases too; the result's notes say so.
            where_shown: further conditions, which may name shown attributes alone: those that a model or client wrote.

        Raises:
            QueryError, ImageError: as `query`, or an option cannot be met as given.
        """
        options = SearchOptions(
            k, where, exclude_groups, exclude_cases, max_per_group, diversity, task, leak_guard, mmr_relevance,
            mmr_pool, where_shown,
        )  # fmt: skip
        if query is None:
            query = self.query(image, vector=vector, case_id=case_id, text=text, group_id=group_id)
        elif any(value is not None for value in (image, vector, case_id, text, group_id)):
            raise QueryError("query already says what to search for; leave out image, vector, case_id, text, group_id")
        return self._found([query], options)[0]

    def search_many(self, queries: Sequence[Query], k: int = 5, **options: Any) -> list[Neighbors]:
        """What `search(query=...)` gives for each, in their order, but faster: the vectors are read once for many.

        `options` are those of `search` that choose cases. Raises as `search`, where it fails for any of them.
        """
        return self._found(queries, SearchOptions(k, **options))

    def _found(self, queries: Sequence[Query], options: SearchOptions) -> list[Neighbors]:
        vectors = vectors_of(queries, self.identity, lambda: self.embedder)
        asked = list(zip(queries, vectors, strict=True))
        found = search_many(self.snapshot, asked, options, self.store.jpegs, self.attributes.may_leave)
        further = tuple(remarks(self.store))
        for result in found:
            result.notes += further
        return found
