"""Case bases joined into one: nothing is embedded again, and what contradicts itself is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dermtools.cases.attributes import shown_attributes
from dermtools.cases.edits import Edit, edit
from dermtools.errors import QueryError
from dermtools.retrieval.editing.outdated import outdated
from dermtools.retrieval.queries import same_embedder
from dermtools.text import counted, few

if TYPE_CHECKING:
    from dermtools.cases.case import Task
    from dermtools.cases.columns import CaseColumns, StoredCase
    from dermtools.cases.manifest import Manifest, SourceNote
    from dermtools.cases.store import CaseStore

READ_AT_ONCE = 256
"""Rows of another case base in memory at a time, pictures and all."""


def merge(store: CaseStore, others: Sequence[CaseStore]) -> Edit:
    """Bring all cases of other case bases into one, in one transaction that one command undoes; the others stay.

    An attribute is shown only where every case base that has it shows it.

    Raises:
        QueryError: another embedder or key of pseudonyms; a case id, or a group or picture in two splits, or a picture
            with two labels, that two of them have between them; or the case base itself among the others.
        CaseBaseError: another process is writing.
    """
    with store.write():
        all_stores = [store, *others]
        if len({one.path.resolve() for one in all_stores}) < len(all_stores):
            raise QueryError("a case base is named twice; name each once")
        held = [one.columns() for one in all_stores]
        manifests = [store.manifest, *(one.current_manifest() for one in others)]
        for one, manifest in zip(others, manifests[1:], strict=True):
            _check_made_alike(store, one, manifests[0], manifest)
        _check_together(all_stores, held)
        count = sum(map(len, held[1:]))
        parts = (part for one, columns in zip(others, held[1:], strict=True) for part in _rows(one, columns))
        done = edit(
            store,
            "merge",
            f"{counted(count, 'case')} of {counted(len(others), 'other case base')}",
            count,
            lambda table: table.add_all(parts),
            tasks=tuple(_tasks(manifests)),
            sources=tuple(_sources(manifests)),
            shown=_shown(manifests, held),
            redact=any(manifest.redact for manifest in manifests),
        )
    before = shown_attributes(manifests[0], held[0].attributes)
    private = before - shown_attributes(store.manifest, held[0].attributes)
    notes = [f"private from now on, as in another case base: {few(sorted(private))}"] if private else []
    return done.model_copy(update={"notes": (*notes, *outdated(store.path, "cases"))})


def _check_made_alike(store: CaseStore, other: CaseStore, own: Manifest, manifest: Manifest) -> None:
    if not same_embedder(own.identity, manifest.identity):
        raise QueryError(
            f"{other.path} was embedded with {manifest.identity}, {store.path} with {own.identity}: their vectors do "
            "not compare; ingest the pictures of one with the embedder of the other"
        )
    if own.pseudonyms != manifest.pseudonyms:
        raise QueryError(
            f"the ids of {other.path} and {store.path} are not pseudonyms of one key; ingest one of them anew with "
            "--pseudonyms and the key of the other"
        )


def _check_together(stores: Sequence[CaseStore], held: Sequence[CaseColumns]) -> None:
    """Refuse what two case bases contradict each other in; what one of them holds by itself is not looked at."""
    owners: dict[str, int] = {}
    twice = [
        case_id
        for at, columns in enumerate(held)
        for case_id in columns.case_ids
        if owners.setdefault(case_id, at) != at
    ]
    if twice:
        first, second = (stores[at].path for at in (owners[twice[0]], _last(held, twice[0])))
        remedy = "delete them in one, or ingest one with other ids"
        raise QueryError(f"{counted(len(twice), 'case id')} in {first} and in {second} too: {few(twice, 5)}; {remedy}")
    for kind, names in (("groups", "group_ids"), ("pictures", "content_hashes")):
        values = [zip(getattr(columns, names), columns.splits, strict=True) for columns in held]
        if torn := _apart([((value, split) for value, split in rows if split) for rows in values]):
            shown = torn if kind == "groups" else [_case_with(held, value) for value in torn]
            how = "`dermtools split CASEBASE --group ID=SPLIT` moves one"
            raise QueryError(f"{kind} that would be in two splits: {few(shown, 5)}; {how}")
    for task in dict.fromkeys(task for columns in held for task in columns.labels):
        labels = [
            zip(columns.content_hashes, columns.labels.get(task, [()] * len(columns)), strict=True) for columns in held
        ]
        if unlike := _apart([((value, frozenset(found)) for value, found in rows if found) for rows in labels]):
            shown = [_case_with(held, value) for value in unlike]
            how = "`dermtools relabel` makes them one"
            raise QueryError(f"the same pictures have other labels of {task}: {few(shown, 5)}; {how}")


def _apart(sides: Iterable[Iterable[tuple[str, object]]]) -> list[str]:
    """What two sides say different things of, though neither contradicts itself in the same way."""
    said: dict[str, list[set[object]]] = defaultdict(list)
    for side in sides:
        own: dict[str, set[object]] = defaultdict(set)
        for name, value in side:
            own[name].add(value)
        for name, values in own.items():
            said[name].append(values)
    return [name for name, found in said.items() if (both := set().union(*found)) not in found and len(both) > 1]


def _case_with(held: Sequence[CaseColumns], content: str) -> str:
    return " = ".join(
        columns.case_ids[columns.content_hashes.index(content)] for columns in held if content in columns.content_hashes
    )


def _last(held: Sequence[CaseColumns], case_id: str) -> int:
    return max(at for at, columns in enumerate(held) if case_id in columns.row_of)


def _rows(store: CaseStore, columns: CaseColumns) -> Iterator[list[StoredCase]]:
    for start in range(0, len(columns), READ_AT_ONCE):
        yield store.rows(columns.case_ids[start : start + READ_AT_ONCE])


def _tasks(manifests: Iterable[Manifest]) -> Iterable[Task]:
    tasks: dict[str, Task] = {}
    for task in (task for manifest in manifests for task in manifest.tasks):
        known = tasks.setdefault(task.name, task)
        if set(task.labels) - set(known.labels):
            labels = tuple(sorted({*known.labels, *task.labels}))
            tasks[task.name] = known.model_copy(update={"labels": labels})
    return tasks.values()


def _sources(manifests: Iterable[Manifest]) -> Iterable[SourceNote]:
    """Each source once; what several say of one of the same name is kept in full."""
    sources: dict[str, SourceNote] = {}
    for source in (source for manifest in manifests for source in manifest.sources):
        known = sources.setdefault(source.name, source)
        notes = tuple(dict.fromkeys((*known.notes, *source.notes)))
        sources[source.name] = known.model_copy(update={"notes": notes})
    return sources.values()


def _shown(manifests: Sequence[Manifest], held: Sequence[CaseColumns]) -> tuple[str, ...] | None:
    if all(manifest.shown is None for manifest in manifests):
        return None
    names = {name for columns in held for name in columns.attributes}
    return tuple(
        name
        for name in sorted(names)
        if all(
            name in shown_attributes(manifest, [name])
            for manifest, columns in zip(manifests, held, strict=True)
            if name in columns.attributes
        )
    )
