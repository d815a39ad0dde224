"""`dermtools cases`: the cases of a case base, as a table, a file or JSON."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dermtools.cli.output import print_json, show, table, write_text
from dermtools.cli.parameters import CaseBasePath, JsonOption, WhereOption
from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.cases import Case
    from dermtools.retrieval import CaseBase

ALL = "all"
IDS = ("case_id", "group_id", "split")
IN_A_TABLE = 50
SEPARATOR = "|"
"""Between several labels in one cell, as `relabel` and `ingest` read them."""


def cases(
    path: CaseBasePath,
    where: WhereOption = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Columns to list: case_id, group_id, split, tasks, attributes (private ones too: it is for you), "
            "or all.",
            show_default="ids and tasks",
        ),
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test", "none"] | None,
        typer.Option(metavar="train|valid|test|none", help="Cases of this split only."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="At most so many.", show_default=f"{IN_A_TABLE} in a table, else all"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE|-", help="Write a table that `relabel` takes back; - is standard output."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the cases of a case base, with their patients, splits and labels."""
    import numpy as np

    from dermtools.retrieval import CaseBase

    if as_json and out is not None:
        raise QueryError("--csv and --json are two ways to write one list; give one of them")
    case_base = CaseBase.open(path)
    names = _columns(case_base, columns)
    facts = case_base.facts
    fits = np.ones(len(facts), np.bool_) if where is None else facts.matching(where)
    if split is not None:
        fits = fits & facts.columns.splits.mask(split if split != "none" else None)
    found = np.flatnonzero(fits)
    shown = found[: IN_A_TABLE if limit is None and not as_json and out is None else limit]
    listed = facts.columns.cases(shown.tolist())  # of those that are listed alone
    tasks = {task.name for task in case_base.tasks}
    rows = [{name: _value(case, name, tasks) for name in names} for case in listed]
    if as_json:
        print_json({"path": str(path), "version": case_base.version, "matching": len(found), "cases": rows})
    elif out is not None:
        _write_csv(out, names, rows, len(found))
    else:
        show(table(names, [[_cell(row[name]) for name in names] for row in rows]))
        show(
            "",
            f"{len(listed)} of {len(found)} cases" + (f" of {len(case_base)}" if len(found) < len(case_base) else ""),
        )
        if len(listed) < len(found) and limit is None:
            show("--limit N lists more; --csv FILE and --json list all")


def _columns(case_base: CaseBase, typed: str | None) -> list[str]:
    from dermtools.cases.attributes import resolved

    usual = [*IDS, *(task.name for task in case_base.tasks)]
    if typed is None:
        return usual
    every = list(dict.fromkeys([*usual, *case_base.attributes.names]))
    names = [name.strip() for name in typed.split(",") if name.strip()]
    return every if names == [ALL] else list(resolved(names, every, str(case_base.path)))


def _value(case: Case, name: str, tasks: set[str]) -> Any:
    """A cell: a task before an attribute of its name, as in `--where`."""
    if name in IDS:
        return getattr(case, name)
    return list(case.labels.get(name, ())) if name in tasks else case.attributes.get(name)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return SEPARATOR.join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _write_csv(out: str, names: list[str], rows: list[dict[str, Any]], found: int) -> None:
    from dermtools.cases.exports.delimited import guarded
    from dermtools.files import writable

    def cell(value: Any) -> str:
        written = _cell(value)
        return guarded(written) if written and isinstance(value, str | list) else written

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(row[name]) for name in names] for row in rows)
    if out == "-":
        typer.echo(text.getvalue(), nl=False)
    else:
        write_text(writable(out), text.getvalue())
    show(f"{len(rows)} of {found} cases" + ("" if out == "-" else f" written to {out}"), to_stderr=True)
