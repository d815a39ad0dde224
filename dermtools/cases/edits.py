"""An edit of a case base: one transaction, recorded, undone by one command, and whole whenever it is killed.

What is to be done is said in a file, `.editing`, with the manifest of before and after. Then come a manifest with which
the rows of both can be read, the rows in one transaction of the table, the manifest of after, and the history. The next
write of whoever comes ends an edit that was killed: forwards where the rows were written, back where they were not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.history import begin, history, note, read_history
from dermtools.cases.manifest import Manifest
from dermtools.errors import QueryError
from dermtools.text import few, minute

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.lance_table import CaseTable
    from dermtools.cases.store import CaseStore

EDITING = ".editing"
FORMAT_VERSION = 1


class Edit(BaseModel, frozen=True, extra="forbid"):
    """What an edit did, as programs and people read it.

    `command` is the verb, `what` a line on what it did.
    """

    command: str
    what: str
    changed: int = Field(description="cases that are other than before")
    cases: int = Field(description="cases that there are now")
    version: int = Field(description="the present one")
    before: int = Field(description="version that undoes it; the present one where nothing was changed")
    notes: tuple[str, ...] = Field(default=(), description="what to know or to do now, one line each")
    undo: str | None = Field(description="the command that undoes it; null where nothing was changed")


class _Begun(BaseModel):
    """The content of `.editing`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: int = FORMAT_VERSION
    version: int = Field(description="of the table, before the rows are written")
    command: str
    what: str
    before: Manifest
    after: Manifest


def edit(
    store: CaseStore, command: str, what: str, changed: int, rows: Callable[[CaseTable], None], **manifest: Any
) -> Edit:
    """Do something to a case base that one command undoes.

    Args:
        store: of the case base.
        command: the name of the command, for the history.
        what: what it does, for the history: counts and tasks, no case and no group.
        changed: how many cases it changes.
        rows: writes the rows, in one transaction of the table.
        manifest: fields of the manifest that it changes.

    Raises:
        CaseBaseError: another process is writing, or the folder cannot be written; nothing is changed then.
    """
    with store.exclusive():
        begin(store)
        before, version = store.manifest, store.table.version
        after = Manifest.model_validate({**dict(before), **manifest})
        store.table.add_tasks(task.name for task in after.tasks)
        begun = _Begun(version=store.table.version, command=command, what=what, before=before, after=after)
        store.backend.write(EDITING, begun.model_dump_json(indent=1) + "\n")
        try:
            store.update_manifest(**dict(_between(before, after)))
            rows(store.table)
        finally:
            settle(store)
        return Edit(
            command=command,
            what=what,
            changed=changed,
            cases=len(store.table),
            version=store.table.version,
            before=version,
            undo=undo(store.path, version),
        )


def unchanged(store: CaseStore, command: str) -> Edit:
    """What an edit says that had nothing to do."""
    version = store.version
    return Edit(
        command=command,
        what="nothing to change",
        changed=0,
        cases=len(store),
        version=version,
        before=version,
        undo=None,
    )


def undo(path: Path, version: int) -> str:
    """The command that goes back to a version."""
    return f"dermtools restore {quote(str(path))} {version}"


def settle(store: CaseStore) -> None:
    """End the edit that was begun, if one was. The caller holds the lock."""
    if not store.backend.has(EDITING):
        return
    begun = store.backend.read(
        EDITING,
        _Begun,
        newest=FORMAT_VERSION,
        what="an edit that was begun",
        missing=f"{store.path / EDITING} is gone",
        remedy="delete it; the last edit may be half done: see `dermtools history`",
    )
    store.table.refresh()
    if store.table.version == begun.version:
        store.update_manifest(**dict(begun.before))
    else:
        store.update_manifest(**dict(begun.after))
        note(store, begun.command, begun.what)
    store.backend.remove(EDITING)


def restore(store: CaseStore, version: int, *, present: int | None = None) -> Edit:
    """Bring back a version: its cases, labels, splits, pictures, vectors, tasks, sources and shown attributes.

    It is a new version, and the one before it can be had back in turn. With `present`, nothing is done where another
    version is the present one by now: to undo one edit is not to undo those that came after it.

    Raises:
        QueryError: the version is the present one, unknown, no longer kept, or of another embedder; or as above.
        CaseBaseError: another process is writing.
    """
    with store.exclusive():
        begin(store)
        if present is not None and present != store.table.version:
            raise QueryError(
                f"nothing was undone: version {store.table.version} came after {present}, and going back would take "
                "that with it; choose a version of the history"
            )
        known = history(store)
        entry = next((one for one in read_history(store).entries if one.version == version), None)
        choice = few([str(one) for one in reversed(known.restorable())]) or "none"
        if version == store.table.version:
            raise QueryError(f"version {version} is the present one; those that can be had back: {choice}")
        if entry is None or entry.manifest is None or version not in known.restorable():
            why = "is not in the history" if entry is None else "is kept no longer, or cases were erased since"
            raise QueryError(f"version {version} of {store.path} {why}; those that can be had back: {choice}")
        then, now = entry.manifest, store.manifest
        if then.identity != now.identity:
            raise QueryError(
                f"version {version} was embedded with {then.identity}, the present one with {now.identity}"
            )
        # Lance's index comes back with its version, so what was found of it does, too.
        names = ("tasks", "sources", "shown", "pseudonyms", "lance_search")
        changes = {name: getattr(then, name) for name in names}
        was = store.columns()
        what = f"version {version} of {minute(entry.time)} UTC is back"
        done = edit(store, "restore", what, 0, lambda table: table.restore(version), **changes)
        return done.model_copy(update={"changed": _differing(was, store.columns())})


def _differing(one: CaseColumns, other: CaseColumns) -> int:
    """How many cases are in one only, or have another picture, group, split, label or attribute there."""
    both = one.row_of.keys() & other.row_of.keys()
    unlike = sum(
        one.content_hashes[one.row_of[case_id]] != other.content_hashes[other.row_of[case_id]]
        or one.case(one.row_of[case_id]) != other.case(other.row_of[case_id])
        for case_id in both
    )
    return len(one) + len(other) - 2 * len(both) + unlike


def _between(before: Manifest, after: Manifest) -> Manifest:
    """With which the rows of both can be read: tasks of after with the labels of both; private what was in either."""
    labels = {task.name: task.labels for task in before.tasks}
    tasks = tuple(
        task.model_copy(update={"labels": tuple(sorted({*task.labels, *labels.get(task.name, ())}))})
        for task in after.tasks
    )
    return before.model_copy(update={"tasks": tasks, "shown": before.shown if before.shown == after.shown else ()})
