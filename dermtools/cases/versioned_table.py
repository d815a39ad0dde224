"""Versions of a Lance table: which one is read, how the next is committed, and which are kept for the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dermtools.addresses import Address
from dermtools.cases.lance_errors import LANCE_ERRORS, reading, writing
from dermtools.errors import CaseBaseError

_TAG = "history-"
_FENCE = "fence"
"""Tag of the last fence: once its version was removed, Lance would let pass what it shuts out."""
_LINGER = timedelta(minutes=10)
"""On an object store versions stay so long, for those who are reading them."""


class VersionedTable:
    """Read at a pinned version until `refresh`. Every write is one transaction.

    Everything raises a CaseBaseError where the table is damaged or cannot be written.
    """

    def __init__(self, folder: Path, dataset: Any) -> None:
        self._folder = folder
        self._dataset = dataset
        self._still_held: Callable[[], object] | None = None

    @property
    def version(self) -> int:
        """The version that reads see."""
        return int(self._dataset.version)

    def refresh(self) -> bool:
        """Move to the latest version on disk; whether it was another one. Takes microseconds."""
        before = self.version
        with reading(self._folder):
            if self._still_held is not None and isinstance(self._folder, Address):
                if self._dataset.latest_version != before:
                    raise CaseBaseError(f"another writer committed to {self._folder} meanwhile; run it again")
                return False
            self._dataset.checkout_latest()
        return self.version != before

    def hold(self, still_held: Callable[[], object] | None) -> None:
        """From now on only its own writes move it, and `still_held` is asked before each; None: any more not."""
        self._still_held = still_held

    def fence(self) -> None:
        """Write the latest version once more: Lance refuses what was begun upon an earlier one, whoever commits it."""
        with writing(self._folder):
            self._dataset.checkout_latest()
            self._dataset.restore()
            if _FENCE in self._dataset.tags.list():
                self._dataset.tags.update(_FENCE, self.version)
            else:
                self._dataset.tags.create(_FENCE, self.version)

    @property
    def identity(self) -> str:
        """Of the version that reads see: another one for each table that was ever made here."""
        with reading(self._folder):
            transaction = self._dataset.read_transaction(self.version)
            return f"{self.version} {transaction.uuid}"

    def follow(self) -> None:
        """Move to the latest version, committed by other processes for who holds the writer's place."""
        with reading(self._folder):
            if self._still_held is not None:
                self._still_held()
            self._dataset.checkout_latest()

    def keep(self, version: int) -> None:
        """Keep a version through every `compact` but one that ends history."""

        def tagged() -> None:
            try:
                self._dataset.tags.create(f"{_TAG}{version}", version)
            except LANCE_ERRORS:  # the answer of a store was lost, and it was asked again
                if version not in self.kept():
                    raise

        if version not in self.kept():
            self._write(tagged)

    def kept(self) -> set[int]:
        """The versions that are kept."""
        with reading(self._folder):
            return {int(tag["version"]) for name, tag in self._dataset.tags.list().items() if name.startswith(_TAG)}

    def let_go(self, versions: Iterable[int]) -> None:
        """Keep these versions no longer; what no other version needs of them is gone from the disk with `clean`."""
        for version in sorted(set(versions) & self.kept()):
            self._write(partial(self._dataset.tags.delete, f"{_TAG}{version}"))

    def restore(self, version: int) -> None:
        """Make the rows of a kept version the latest ones, in one transaction."""

        def restored() -> None:
            then = self._dataset.checkout_version(f"{_TAG}{version}")
            then.restore()
            self._dataset = then

        self._write(restored)

    def written(self) -> datetime:
        """When the version that reads see was written."""
        with reading(self._folder):
            return next(
                datetime.fromtimestamp(one["timestamp"].timestamp(), UTC)
                for one in self._dataset.versions()
                if one["version"] == self.version
            )

    def sizes(self, version: int | None = None) -> dict[str, int]:
        """The data files that a kept version, else the present one, is made of, each with its bytes."""
        with reading(self._folder):
            at = self._dataset if version is None else self._dataset.checkout_version(f"{_TAG}{version}")
            files = [file for fragment in at.get_fragments() for file in fragment.metadata.files]
            return {file.path: file.file_size_bytes or 0 for file in files}

    def ids_of(self, version: int) -> tuple[set[str], set[str]]:
        """Case ids and group ids in the files of a kept version, those of rows that are only marked as deleted too."""
        with reading(self._folder):
            options = {"columns": ["case_id", "group_id"], "with_row_id": True, "include_deleted_rows": True}
            at = self._dataset.checkout_version(f"{_TAG}{version}").to_table(**options)
            return set(at["case_id"].to_pylist()), set(at["group_id"].to_pylist())

    def files(self) -> int:
        """How many data files the rows lie in."""
        with reading(self._folder):
            return len(self._dataset.get_fragments())

    def compact(self, *, leftovers: bool = False, rows: int = 2**20) -> None:
        """Join small files, but those that have so many rows, then `clean`."""
        self._write(lambda: self._dataset.optimize.compact_files(target_rows_per_fragment=rows))
        self.clean(leftovers=leftovers)

    def clean(self, *, leftovers: bool = False) -> None:
        """Remove all versions but the latest and the kept ones; with `leftovers`, what killed writers left, too."""
        age = _LINGER if isinstance(self._folder, Address) and not leftovers else timedelta(milliseconds=1)
        options = {"delete_unverified": leftovers, "error_if_tagged_old_versions": False}
        if leftovers and _FENCE in self._dataset.tags.list():
            self._write(self.fence)  # anew: the former one holds what is to leave
        self._write(lambda: self._dataset.cleanup_old_versions(age, **options))

    def _commit(self, step: Any, tries: int = 20) -> None:
        """One operation of Lance's, upon the version that reads see; tried again upon later ones that it allows."""
        import lance

        at = self.version

        def committed() -> None:
            self._dataset = lance.LanceDataset.commit(self._dataset, step, read_version=at, max_retries=tries)

        self._write(committed)

    def _write(self, action: Callable[[], object]) -> None:
        with writing(self._folder):
            if self._still_held is not None:
                self._still_held()
            action()
