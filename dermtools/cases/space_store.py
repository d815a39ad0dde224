"""A case base seen through one of its further spaces: its cases, by the vectors of another embedder."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dermtools.cases.columns import CaseColumns, StoredCase
from dermtools.cases.manifest import Manifest
from dermtools.cases.store import CaseStore
from dermtools.errors import CaseBaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.lance_table import CaseTable

T = TypeVar("T")


class SpaceStore(CaseStore):
    """Those cases that are embedded in the space, with their metadata and pictures from the case base. Read-only.

    A case whose picture was replaced since is not among them. Cases that an older dermtools deleted are not either.
    """

    def __init__(self, base: CaseStore, space: CaseStore) -> None:
        self.base = base
        self.space = space
        self.path = base.path
        self.backend = base.backend
        self.own_folder = space.path
        self.manifest = _through(base.manifest, space.manifest)
        self._guard = threading.RLock()
        self._seen: tuple[CaseColumns, CaseColumns, CaseColumns, NDArray[np.intp]] | None = None

    @property
    def table(self) -> CaseTable:
        return self.base.table

    @property
    def version(self) -> int:
        """Sum of both tables' versions: it grows with every write to either."""
        with self._guard:
            version = self.base.version + self.space.version
            self.manifest = _through(self.base.manifest, self.space.manifest)
            return version

    @property
    def missing(self) -> int:
        """How many cases of the case base are not embedded here, or with another picture."""
        return len(self.base) - len(self)

    @property
    def command(self) -> str:
        """What embeds them."""
        return f"dermtools reembed {quote(str(self.path))} --embedder {quote(self.manifest.embedder)}"

    def current_manifest(self) -> Manifest:
        with self._guard:
            self.manifest = _through(self.base.current_manifest(), self.space.manifest)
            return self.manifest

    def __len__(self) -> int:
        return len(self.columns())

    def columns(self) -> CaseColumns:
        return self._matched()[0]

    def columns_and_vectors(self, out: NDArray[np.float32] | None = None) -> tuple[CaseColumns, NDArray[np.float32]]:
        with self._guard:
            space, vectors = self.space.columns_and_vectors()
            columns, places = self._matched()
            if self._seen is None or self._seen[1] is not space:  # the version that was read has gone meanwhile
                return self.columns_and_vectors(out)
            if out is None or out.shape != (len(places), vectors.shape[1]):
                return columns, vectors[places]
            return columns, np.take(vectors, places, axis=0, out=out, mode="clip")

    def columns_and_key(self) -> tuple[CaseColumns, str]:
        """Which rows of the space there are follows from the content hashes of both."""
        with self._guard:
            (base, first), (space, second) = self.base.columns_and_key(), self.space.columns_and_key()
            columns, _ = self._matched()
            if self._seen is None or self._seen[0] is not base or self._seen[1] is not space:
                return self.columns_and_key()
            return columns, f"{base.version}-{first}-{space.version}-{second}"

    def jpegs(self, case_ids: Sequence[str]) -> dict[str, bytes]:
        return self.base.jpegs(case_ids)

    def rows(self, case_ids: Sequence[str]) -> list[StoredCase]:
        vectors = {row.case.case_id: row.vector for row in self.space.rows(case_ids)}
        return [replace(row, vector=vectors[row.case.case_id]) for row in self.base.rows(case_ids)]

    @contextmanager
    def write(self) -> Iterator[None]:
        """Refused with a CaseBaseError: cases are written through the case base's own embedder."""
        own = self.base.manifest.embedder
        raise CaseBaseError(
            f"{self.path} is open by its vectors of {self.manifest.identity.name}, for reading only; write with its "
            f"own embedder, {own}, and then bring these up to date: {self.command}"
        )
        yield

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self.write():
            yield

    def _matched(self) -> tuple[CaseColumns, NDArray[np.intp]]:
        """Columns of the cases that are in both, in the case base's order, and their rows in the space."""
        import pyarrow as pa
        from pyarrow import compute

        with self._guard:
            base, space = self.base.columns(), self.space.columns()
            if self._seen is None or self._seen[0] is not base or self._seen[1] is not space:
                places = space.row_of.of(list(base.case_ids))
                here, there = base.content_hashes.array, space.content_hashes.array
                same = compute.equal(here, there.take(pa.array(places, mask=places < 0)))
                rows = np.flatnonzero(same.fill_null(False).to_numpy())
                columns = base.picked(rows, base.version + space.version)
                self._seen = (base, space, columns, places[rows])
            return self._seen[2], self._seen[3]


def _through(base: Manifest, space: Manifest) -> Manifest:
    """The case base's manifest, with the space's embedder."""
    seen = {name: getattr(space, name) for name in ("embedder", "identity", "reads_text")}
    return base.model_copy(update=seen)
