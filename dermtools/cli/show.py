"""`dermtools show`: one case, with what is known of it, its picture and what lies nearest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, table
from dermtools.cli.output import show as say
from dermtools.cli.parameters import CaseBasePath, JsonOption

if TYPE_CHECKING:
    from rich.text import Text

PICTURE_COLUMNS = 48


def show(
    path: CaseBasePath,
    case_id: Annotated[str, typer.Argument(metavar="ID", help="The case.", show_default=False)],
    k: Annotated[int, typer.Option("-k", min=0, help="How many of the nearest cases.")] = 5,
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Draw the picture, where the output is a terminal.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Show a case: its labels, attributes and picture, and the most similar cases of other patients."""
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    case, held = case_base.case(case_id), case_base.attributes
    row = case_base.columns.row_of[case_id]
    width, height = int(case_base.columns.widths[row]), int(case_base.columns.heights[row])
    near = case_base.search(case_id=case_id, k=k) if k else None
    private = sorted(case.attributes.keys() - held.shown)
    if as_json:
        facts = {"case_id": case_id, "group_id": case.group_id, "split": case.split, "width": width, "height": height}
        known = {"labels": case.labels, "attributes": held.visible(case).attributes, "private": private}
        print_json({**facts, **known, "neighbors": near.to_json()["neighbors"] if near else []})
        return
    if picture and width and (columns := _room_for_a_picture()):
        say(drawn(case_base.jpeg(case_id), columns))
    size = f"{width} x {height} pixels" if width else "no picture"
    say(f"{case_id}: of {case.group_id}, split {case.split or 'none'}, {size}")
    labels = [(task.name, ", ".join(case.labels.get(task.name, ())) or "unknown") for task in case_base.tasks]
    if labels:
        say("", table(["task", "labels"], labels))
    if case.attributes:
        audiences = held.audiences
        say(
            "",
            table(["attribute", "value", "audience"], [(*one, audiences[one[0]]) for one in case.attributes.items()]),
        )
    if near:
        found = [
            (f"{one.distance:.4g}", one.case.case_id, one.case.group_id, one.case.split, _labels(one.case.labels))
            for one in near
        ]
        say("", table(["distance", "nearest", "group", "split", "labels"], found, right=["distance"]))
        say("", *near.notes)
    say("", NOT_A_DIAGNOSIS)


def _labels(labels: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{task}: {', '.join(values)}" for task, values in labels.items())


def _room_for_a_picture() -> int:
    """Columns for a picture where standard output is a terminal with colours and block characters; else 0."""
    from rich.console import Console

    console = Console(file=sys.stdout)
    able = sys.stdout.isatty() and console.color_system is not None and not console.no_color
    return min(PICTURE_COLUMNS, console.width) if able and console.encoding.startswith("utf") else 0


def drawn(jpeg: bytes, columns: int = PICTURE_COLUMNS) -> Text:
    """A picture in half blocks, each two pixels of a terminal's cell: colour above, background below."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    from dermtools.images import open_image
    from dermtools.images.limits import STORED

    image = open_image(jpeg, limits=STORED)
    image = image.resize((columns, max(2, round(columns * image.height / image.width / 2) * 2)))
    text = Text(no_wrap=True, end="")
    for top in range(0, image.height, 2):
        for left in range(columns):
            above, below = (Color.from_rgb(*image.getpixel((left, top + step))) for step in (0, 1))  # type: ignore[misc]
            text.append("▀", Style(color=above, bgcolor=below))
        text.append("\n")
    return text
