"""`dermtools export` and `dermtools card`: cases go out of a case base, and what there is to say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.errors import QueryError
from dermtools.files import writable
from dermtools.text import instead


def _new_folder(given: str) -> Path:
    return writable(given, folder=True)


WhereOption = Annotated[
    str | None, typer.Option("--where", metavar="CONDITION", help="Only these cases, e.g. \"split = 'train'\".")
]
AttributeOption = Annotated[
    list[str] | None,
    typer.Option("--attribute", metavar="NAME", help="Let a private attribute out, too; repeat for several."),
]
AllAttributesOption = Annotated[
    bool, typer.Option("--all-attributes", help="Let every attribute out: names, dates and notes too.")
]


def export(
    path: CaseBasePath,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="New folder to write.", show_default=False, parser=_new_folder),
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="csv|parquet|hf|imagefolder",
            help="A table; a data set that Hugging Face's load_dataset reads; or one folder a class below each split.",
        ),
    ] = "parquet",
    where: WhereOption = None,
    attribute: AttributeOption = None,
    all_attributes: AllAttributesOption = False,
    vectors: Annotated[bool, typer.Option("--vectors", help="Write the embeddings, too.")] = False,
    pictures: Annotated[
        bool | None,
        typer.Option(
            "--pictures/--no-pictures",
            help="Write the stored pictures, JPEG without metadata.",
            show_default="yes for hf and imagefolder",
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="Whose labels name the folders of imagefolder, where there are several."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write cases as a table, a data set or folders of pictures, with a data card (README.md).

    Groups go out as they are stored, so that splits can be honest. Shown attributes do; private ones stay unless named.
    """
    from dermtools.cases.exports.writing import FORMATS
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    wanted = next((name for name in FORMATS if name == to.lower()), None)
    if wanted is None:
        raise QueryError(f"--to {to}: no such format; {instead(to, FORMATS)}")
    with bar() as progress:
        report = CaseBase.open(path).export(
            folder,
            wanted,
            where=where,
            attributes="all" if all_attributes else tuple(attribute or ()),
            vectors=vectors,
            pictures=pictures,
            task=task,
            progress=progress,
        )
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    without = f"; {report.without_picture} have none" if report.without_picture else ""
    held = f", {report.pictures} pictures{without}" if report.pictures else ""
    show(f"{folder}: {report.cases} cases{held}; the card is {folder / 'README.md'}")
    show(*(f"  {note}" for note in report.notes), "", NOT_A_DIAGNOSIS)


def card(
    path: CaseBasePath,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.", parser=writable)] = None,
    where: WhereOption = None,
    attribute: AttributeOption = None,
    all_attributes: AllAttributesOption = False,
) -> None:
    """Print the data card of a case base, Markdown: splits, groups, labels, sources, what is missing or left out."""
    from dermtools.cli.output import write_text
    from dermtools.retrieval import CaseBase

    text = CaseBase.open(path).card(where=where, attributes="all" if all_attributes else tuple(attribute or ()))
    if out is None:
        typer.echo(text, nl=False)
        return
    write_text(out, text)
    show(f"card: {out}")
