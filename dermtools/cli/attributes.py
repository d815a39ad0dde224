"""`dermtools attributes`: who may see what is known of a case besides its labels."""

from __future__ import annotations

from typing import Annotated

import typer

from dermtools.cli.output import print_json, show, table
from dermtools.cli.parameters import CaseBasePath, JsonOption

OLDER = "made before there was a choice: age, sex, site and skin type are shown, all else is private"
NO_ATTRIBUTE = "no case has an attribute; ingest again with --attribute COLUMN to keep one"


def attributes(
    path: CaseBasePath,
    shown: Annotated[
        list[str] | None,
        typer.Option("--show", metavar="NAME", help="May reach models, clients and pages; repeatable."),
    ] = None,
    hidden: Annotated[
        list[str] | None, typer.Option("--hide", metavar="NAME", help="Stays on this machine; repeatable.")
    ] = None,
    dropped: Annotated[
        list[str] | None, typer.Option("--drop", metavar="NAME", help="Removed from the disk; repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which attributes are shown and which are private, and change it.

    Private ones filter, make subgroups and serve evaluation; they reach no prompt, tool, client, page or trace.
    """
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    held = case_base.attributes
    held.named([*(shown or ()), *(hidden or ()), *(dropped or ())])  # all names are checked before anything changes
    if hidden:
        held.hide(*hidden)
    if shown:
        held.show(*shown)
        for name in sorted(held.named(shown) & held.identifying.keys()):
            show(
                f"{name} looks like {held.identifying[name]}; models and clients may see it from now on", to_stderr=True
            )
    if dropped:
        held.drop(*dropped)
    if as_json:
        print_json(held.audiences)
        return
    columns = case_base.columns.attributes
    suspected = held.identifying
    rows = [
        (name, audience, sum(value is not None for value in columns[name]), suspected.get(name, ""))
        for name, audience in held.audiences.items()
    ]
    heads = ["attribute", "audience", "cases", "looks like"]
    show(table(heads, rows, right=["cases"]) if rows else NO_ATTRIBUTE)
    if not held.chosen:
        show("", OLDER)
