"""What was done to a case base, and the earlier versions of it that can be had back.

`history.json` lists what was done. A version that can be had back is a kept version of the table, with its manifest in
that file: label sets, sources and shown attributes belong to the rows. Versions share the files that they have in
common. The oldest are let go where there are more than are kept, or where earlier ones alone need more room than the
present one and than `ROOM`. Erasing cases ends all of it: what was erased can never be had back.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.manifest import Manifest
from dermtools.errors import CaseBaseError

if TYPE_CHECKING:
    from dermtools.cases.store import CaseStore

HISTORY_NAME = "history.json"
FORMAT_VERSION = 1
KEPT = 20
"""Earlier versions that can be had back, unless `keep` says otherwise."""
ROOM = 100_000_000
"""Bytes that earlier versions may need alone in any case."""
LISTED = 500
"""Lines that the history has at most; older ones go."""
BEGUN = "as it was when its history began"
UNRECORDED = "written since without a record, as by an ingest that was interrupted"


class Entry(BaseModel):
    """One version, and what made it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: int
    time: str = Field(description="UTC, ISO 8601")
    command: str = Field(description="of dermtools; empty where none is known")
    what: str = Field(description="counts and names of tasks; no case, no group")
    cases: int
    manifest: Manifest | None = Field(default=None, description="null where the version cannot be had back")


class Record(BaseModel):
    """The content of `history.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: int = Field(default=FORMAT_VERSION, ge=1)
    kept: int = Field(default=KEPT, ge=1, description="earlier versions that can be had back, at most")
    entries: tuple[Entry, ...] = Field(default=(), description="oldest first")


class Version(BaseModel, frozen=True, extra="forbid"):
    """One line of the history, for people and programs.

    `time` is in UTC (ISO 8601), `command` what made the `version`, `what` a line on what it did, `cases` how
    many there were after it. `present` marks the version that is read, `restorable` one that `undo` can bring back.
    """

    version: int
    time: str
    command: str
    what: str
    cases: int
    present: bool
    restorable: bool


class History(BaseModel, frozen=True, extra="forbid"):
    """What was done to a case base, oldest first, and what keeping earlier versions costs.

    `versions` are one line each.
    """

    versions: tuple[Version, ...]
    kept: int = Field(description="earlier versions that can be had back, at most")
    bytes: int = Field(description="data files of the present version")
    earlier_bytes: int = Field(description="data files that only earlier versions need")

    def restorable(self) -> list[int]:
        """The earlier versions that can be had back, oldest first."""
        return [one.version for one in self.versions if one.restorable and not one.present]


def history(store: CaseStore) -> History:
    """The history of a case base. Raises a CaseBaseError where its file is damaged."""
    version, record = store.version, read_history(store)
    kept = store.table.kept()
    entries = record.entries
    if version not in [entry.version for entry in entries]:
        entries = (*entries, _entry(store, "", UNRECORDED if entries else BEGUN))
    present, *earlier = _bytes(store, [entry.version for entry in record.entries if entry.version in kept])
    versions = tuple(
        Version(
            **entry.model_dump(exclude={"manifest"}),
            present=entry.version == version,
            restorable=entry.manifest is not None and entry.version in kept,
        )
        for entry in entries
    )
    return History(versions=versions, kept=record.kept, bytes=present, earlier_bytes=max(earlier, default=0))


def read_history(store: CaseStore) -> Record:
    """The content of `history.json`; an empty record where there is none."""
    if not store.backend.has(HISTORY_NAME):
        return Record()
    return store.backend.read(
        HISTORY_NAME,
        Record,
        newest=FORMAT_VERSION,
        what="the history of a case base",
        missing=f"{store.path / HISTORY_NAME} is gone",
        remedy="delete it to go on without the history",
    )


def begin(store: CaseStore) -> None:
    """Keep the present version with its manifest, before something else is written. The caller holds the lock."""
    record, version = read_history(store), store.table.version
    known = next((entry for entry in record.entries if entry.version == version), None)
    if known is None:
        known = _entry(store, "", UNRECORDED if record.entries else BEGUN)
    store.table.keep(version)
    # The manifest as it is now: attributes may have been shown or hidden since.
    _write(store, record, known.model_copy(update={"manifest": store.manifest}))


def note(store: CaseStore, command: str, what: str) -> None:
    """Record what has made the present version, keep it, and let the oldest go. The caller holds the lock."""
    store.table.keep(store.table.version)
    _write(store, read_history(store), _entry(store, command, what))
    thin(store)


def forget(store: CaseStore) -> None:
    """No earlier version can be had back from now on; what they hold leaves the disk when the table is compacted."""
    record = read_history(store)
    store.table.let_go(store.table.kept())
    if record.entries:
        _write(store, record.model_copy(update={"entries": tuple(map(_let_go, record.entries))}))


def keep(store: CaseStore, earlier: int) -> None:
    """Keep at most so many earlier versions, at least 1, from now on."""
    if earlier < 1:
        raise CaseBaseError(f"{earlier} earlier versions: keep at least 1, which undoes the last edit")
    with store.exclusive():
        begin(store)
        _write(store, read_history(store).model_copy(update={"kept": earlier}))
        thin(store)


def thin(store: CaseStore) -> None:
    """Let the oldest versions go beyond what is kept; the last one before the present stays in any case."""
    record, kept, present = read_history(store), store.table.kept(), store.table.version
    versions = [entry.version for entry in record.entries if entry.version in kept and entry.version != present]
    size, *held = _bytes(store, versions)
    # held[i] is what the versions from the i-th on hold alone.
    first = max(0, len(versions) - record.kept)
    while first < len(versions) - 1 and held[first] > max(size, ROOM):
        first += 1
    going = {*versions[:first], *(kept - {present, *versions})}
    if going:
        store.table.let_go(going)
        entries = (_let_go(entry) if entry.version in going else entry for entry in record.entries)
        _write(store, record.model_copy(update={"entries": tuple(entries)}))
        store.table.clean()


def _bytes(store: CaseStore, versions: Iterable[int]) -> list[int]:
    """Bytes of the present version; then, for each kept version, what it and the later ones hold alone."""
    present = store.table.sizes()
    alone = [{path: n for path, n in store.table.sizes(one).items() if path not in present} for one in versions]
    joined = accumulate(reversed(alone), lambda one, other: one | other)
    return [sum(present.values()), *reversed([sum(files.values()) for files in joined])]


def _entry(store: CaseStore, command: str, what: str) -> Entry:
    return Entry(
        version=store.table.version,
        time=store.table.written().isoformat(timespec="seconds"),
        command=command,
        what=what,
        cases=len(store.table),
        manifest=store.manifest,
    )


def _let_go(entry: Entry) -> Entry:
    return entry.model_copy(update={"manifest": None})


def _write(store: CaseStore, record: Record, entry: Entry | None = None) -> None:
    entries = {one.version: one for one in (*record.entries, *([entry] if entry else []))}
    record = record.model_copy(update={"entries": tuple(entries[version] for version in sorted(entries))[-LISTED:]})
    store.backend.write(HISTORY_NAME, record.model_dump_json(indent=1) + "\n")
