"""`dermtools delete`: patients or cases leave a case base, and what could not be reached is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.editing import tell
from dermtools.cli.interruption import keeping
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.errors import QueryError
from dermtools.files import local_path
from dermtools.text import counted

if TYPE_CHECKING:
    from dermtools.cases.pseudonyms import PseudonymKey
    from dermtools.retrieval import CaseBase

SHOWN = 5
BEYOND = "not reached: runs, exported pages, backups and copies, and what models or clients were sent"


def delete(
    path: CaseBasePath,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="ID", help="Patient or encounter, with all its cases; repeat for several."),
    ] = None,
    case: Annotated[list[str] | None, typer.Option("--case", metavar="ID", help="A case; repeat for several.")] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Key file of the pseudonyms, where it is not beside the case base: real ids may be given, and go.",
            parser=local_path,
        ),
    ] = None,
    cache: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Empty this cache of replies: it does not know which were about whom. Repeat for several.",
            parser=local_path,
        ),
    ] = None,
    purge: Annotated[
        bool,
        typer.Option(
            "--purge", help="Remove earlier versions and what interrupted writes left; with an ID, that is always done."
        ),
    ] = False,
    restorable: Annotated[
        bool,
        typer.Option(
            "--restorable", help="Put them away instead: nothing is erased, and `dermtools restore` brings them back."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete patients or cases: rows, pictures, vectors, index, earlier versions. This cannot be undone.

    With --restorable they are only put away: no erasure, and undone by one command.
    """
    from dermtools.cases.pseudonyms import PseudonymKey, default_key
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.deletion import end_deletion

    groups, cases = list(group or ()), list(case or ())
    if not (groups or cases or cache or purge):
        raise QueryError("nothing to delete was named; give --group ID, --case ID, --cache FILE or --purge")
    if missing := next((file for file in cache or () if not file.is_file()), None):
        raise QueryError(f"no cache of replies at {missing}; check the path")
    case_base = CaseBase.open(path)
    if end_deletion(case_base.store):
        show(f"{path}: an earlier deletion was interrupted; it is ended now", to_stderr=True)
    pseudonyms = case_base.store.manifest.pseudonyms is not None
    place = key or (default_key(path) if pseudonyms else None)
    book = None
    if place is not None and (key is not None or place.exists()):
        book = PseudonymKey.open(place)
        if book.fingerprint != case_base.store.manifest.pseudonyms:
            raise QueryError(f"{place} is not the key of {path}; name the one it was made with: --key FILE")
        groups = [one for given in groups for one in _pseudonyms(given, book, groups=True)]
        cases = [one for given in cases for one in _pseudonyms(given, book, groups=False)]
    if restorable:
        if purge or cache:
            raise QueryError("--restorable erases nothing, so it does not go with --purge and --cache")
        tell(path, case_base.remove(cases, groups=groups), as_json)
        return
    ids = _known(case_base, groups, cases, book)
    lines = _plan(case_base, ids, groups, place if book is not None else None, cache or (), purge)
    show(f"{path}: to be deleted", *(f"  {line}" for line in lines), to_stderr=True)
    if not yes:
        if not sys.stdin.isatty():
            raise QueryError("deleting needs a yes; add --yes")
        if not typer.confirm("Delete for good?", err=True):
            show("Nothing was deleted.", to_stderr=True)
            raise typer.Exit(1)
    with keeping(lambda: "a deletion that was begun is ended by the next write; to end it now, run"):
        for file in cache or ():
            from dermtools.prompting.asking.cache import SQLiteCache

            with SQLiteCache(file) as replies:
                replies.clear()
        gone = case_base.delete(ids)  # those that were put away before, too
        if purge:
            case_base.store.purge()
        if book is not None and place is not None:
            book.forget(place, cases=ids, groups=groups)
    if as_json:
        print_json({"cases": gone, "left": len(case_base), "notes": lines})
        return
    show(f"{counted(gone, 'case')} deleted; {len(case_base):,} left in {path}")


def _pseudonyms(given: str, book: PseudonymKey, *, groups: bool) -> list[str]:
    if given in (book.groups if groups else book.cases):
        return [given]
    try:
        return book.groups_of(given) if groups else book.cases_of(given)
    except QueryError:
        return [given]


def _known(case_base: CaseBase, groups: list[str], cases: list[str], book: PseudonymKey | None) -> list[str]:
    """Ids of all cases that go. What only the key knows yet was deleted before an interruption: passed over."""
    from dermtools.cases.erasing import put_away
    from dermtools.retrieval.editing.choice import cases_of
    from dermtools.text import instead

    columns = case_base.columns
    left = {*book.groups, *book.cases} if book is not None else set()
    left |= put_away(case_base.store, {*groups, *cases} - {*columns.group_ids, *columns.case_ids})
    ids = cases_of(columns, [one for one in groups if one not in left or one in columns.group_ids])
    for case_id in cases:
        if case_id not in columns.row_of and case_id not in left:
            raise QueryError(f"no case {case_id!r} in {case_base.path}; {instead(case_id, columns.case_ids, shown=5)}")
        ids.add(case_id)
    return sorted(ids | {group for group in groups if group in left and group not in columns.group_ids})


def _plan(
    case_base: CaseBase,
    ids: list[str],
    groups: list[str],
    key: Path | None,
    caches: list[Path] | tuple[()],
    purge: bool,
) -> list[str]:
    from dermtools.retrieval.editing.outdated import classifiers
    from dermtools.text import few

    columns = case_base.columns
    rows = [columns.row_of[case_id] for case_id in ids if case_id in columns.row_of]
    lines = [f"{counted(len(rows), 'case')}: {few([columns.case_ids[row] for row in rows], SHOWN)}"] if rows else []
    if len(rows) < len(ids):
        lines.append("what was put away or deleted before, under an id that is not there any more")
    if ids or purge:
        earlier = len(case_base.history().restorable())
        lost = f"; {counted(earlier, 'version')} cannot be restored any more" if earlier else ""
        lines.append(f"earlier versions, the index, vectors by other embedders, and what interrupted writes left{lost}")
    lines += [f"all replies in {file}" for file in caches]
    if key is not None and (ids or groups):
        lines.append(f"their real ids in {key}; other case bases with this key cannot be led back to them either")
    hashes, gone = {columns.content_hashes[row] for row in rows}, set(rows)
    same = [
        name for row, name in enumerate(columns.case_ids) if row not in gone and columns.content_hashes[row] in hashes
    ]
    if same:
        lines.append(f"kept: the same pictures under other ids: {few(same, SHOWN)}; name these cases, too")
    if {columns.splits[row] for row in rows} & {"train", "valid"}:
        for task, kind, anew in classifiers(case_base.path):
            lines.append(f"kept: the {kind} of {task}, which may have learned from them; train it anew: {anew}")
    return [*lines, BEYOND if caches else f"{BEYOND}; caches of replies (--cache FILE)"]
