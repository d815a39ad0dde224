"""`dermtools relabel`, `split`, `merge`, `history`, `restore`: a case base is changed, and changed back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.addresses import case_base_place
from dermtools.cli import completion
from dermtools.cli.output import print_json, show, table
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.errors import QueryError
from dermtools.files import local_path
from dermtools.text import counted, minute

if TYPE_CHECKING:
    from dermtools.cases import Edit


def relabel(
    path: CaseBasePath,
    target: Annotated[
        str,
        typer.Argument(
            metavar="ID|FILE",
            help="A case; or a table with case_id and a column for each task, as `cases --csv` and `check --out` "
            "write it.",
            show_default=False,
        ),
    ],
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK=LABEL", help="All its labels of that task; TASK= for unknown.", show_default=False
        ),
    ] = None,
    new_labels: Annotated[
        bool, typer.Option("--new-labels", help="Take labels that a task does not have yet into its label set.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give cases other labels. Pictures and vectors stay as they are.

    In a table an empty cell changes nothing, and `|` stands between several labels.
    """
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.editing.label_list import LabelList, read_label_list

    case_base = CaseBase.open(path)
    if labels:
        wanted = LabelList({target: _typed(labels)}, ())
    elif Path(target).is_file():
        wanted = read_label_list(Path(target), case_base.store)
    elif target in case_base.columns.row_of:
        raise QueryError(f"no label was named for {target}; give TASK=LABEL, or TASK= where it is unknown")
    else:
        raise QueryError(f"{target} is no table that is there; give a file, or a case and TASK=LABEL")
    done = case_base.relabel(wanted.changes, new_labels=new_labels)
    tell(path, done.model_copy(update={"notes": (*wanted.notes, *done.notes)}), as_json)


def split(
    path: CaseBasePath,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A table of splits, with the columns group_id or case_id, and split; else they are made anew.",
            show_default=False,
            parser=local_path,
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="ID=SPLIT", help="Move this patient only; repeat for several."),
    ] = None,
    fractions: Annotated[str, typer.Option(metavar="A,B,C", help="Shares of train, valid and test.")] = "0.7,0.15,0.15",
    seed: Annotated[int, typer.Option(min=0, help="Of new splits.")] = 0,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            help="Whose labels new splits balance.",
            show_default="the first",
            autocompletion=completion.tasks,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the splits anew, by patient, or move some patients. No patient is ever in two splits."""
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.editing.splitting import read_split_list

    if file is not None and group:
        raise QueryError("FILE and --group both say which patients to move; give one of them")
    case_base = CaseBase.open(path)
    said = None
    if file is not None:
        said = read_split_list(file, case_base.store)
    elif group:
        said = dict(_pair(one, "--group ID=SPLIT") for one in group)
    tell(path, case_base.split(said, fractions=_shares(fractions), seed=seed, task=task), as_json)


def merge(
    path: CaseBasePath,
    others: Annotated[
        list[Path],
        typer.Argument(
            metavar="OTHER...", help="Case bases whose cases come in.", show_default=False, parser=case_base_place
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Bring the cases of other case bases into one, pictures and vectors included; the others stay as they are.

    An attribute is shown only where all that have it show it.
    """
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    tell(path, case_base.merge(*map(CaseBase.open, others)), as_json)


def history(
    path: CaseBasePath,
    keep: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Keep at most so many earlier versions from now on.", show_default="20"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what was done to a case base, and which versions can be had back."""
    from rich.filesize import decimal

    from dermtools.cases.history import keep as keep_versions
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    if keep is not None:
        keep_versions(case_base.store, keep)
    found = case_base.history()
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    rows = [
        (
            one.version,
            minute(one.time),
            one.command,
            one.what,
            one.cases,
            "present" if one.present else "yes" if one.restorable else "no",
        )
        for one in found.versions
    ]
    show(table(["version", "time (UTC)", "command", "what", "cases", "restorable"], rows, right=["version", "cases"]))
    show(
        "",
        f"on the disk: {decimal(found.bytes)}, and {decimal(found.earlier_bytes)} more for earlier versions; at most "
        f"{found.kept} are kept (--keep N), and as many as need no more room than the present one, or 100 MB",
    )
    if found.restorable():
        show(f"to go back: dermtools restore {path} {found.restorable()[-1]}")


def restore(
    path: CaseBasePath,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As `history` lists it.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Bring an earlier version back, as a new one: cases, labels, splits, label sets, sources and who sees what.

    Cases that were erased never come back.
    """
    from dermtools.retrieval import CaseBase

    tell(path, CaseBase.open(path).restore(version), as_json)


def tell(path: Path, done: Edit, as_json: bool) -> None:
    """Say what an edit did; its last line is the command that undoes it."""
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    show(f"{path}: {done.what}" + (f"; version {done.version}, {counted(done.cases, 'case')}" if done.undo else ""))
    show(*(f"  {note}" for note in done.notes))
    if done.undo:
        show(f"undo: {done.undo}")


def _typed(labels: list[str]) -> dict[str, tuple[str, ...]]:
    from dermtools.cases.sources import cells
    from dermtools.retrieval.editing.label_list import SEPARATOR

    found: dict[str, tuple[str, ...]] = {}
    for one in labels:
        task, label = _pair(one, "TASK=LABEL")
        found[task] = found.get(task, ()) + cells.labels(label, SEPARATOR, task)
    return found


def _pair(typed: str, form: str) -> tuple[str, str]:
    name, sign, value = typed.rpartition("=") if form.startswith("--group") else typed.partition("=")
    if not sign or not name.strip():
        raise QueryError(f"{typed!r} is not {form}")
    return name.strip(), value.strip()


def _shares(typed: str) -> list[float]:
    try:
        return [float(part) for part in typed.split(",")]
    except ValueError:
        raise QueryError(f"--fractions {typed}: give three shares of one, such as 0.7,0.15,0.15") from None
