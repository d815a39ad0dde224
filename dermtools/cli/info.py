"""`dermtools info` and `dermtools check`: what a case base holds, and what is wrong or doubtful in it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from dermtools.cli.attributes import OLDER
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.parameters import CaseBasePath, JsonOption

PROVENANCE = ("licence", "citation", "url")


def info(path: CaseBasePath, as_json: JsonOption = False) -> None:
    """Say what a case base holds: cases, groups, splits, tasks, embedder."""
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    held = case_base.attributes
    facts = {**case_base.info(), "attributes": held.audiences}
    if as_json:
        print_json(facts)
        return
    show(f"{path}: {facts['cases']} cases of {facts['groups']} groups, version {facts['version']}")
    show(f"embedder: {facts['embedder']['name']}, {facts['embedder']['dimension']} dimensions")
    splits = [(name, split["cases"], split["groups"]) for name, split in facts["splits"].items()]
    show("", table(["split", "cases", "groups"], splits, right=["cases", "groups"]))
    for task, counts in facts["tasks"].items():
        show("", table([task, "cases"], counts.items(), right=["cases"]))
    if facts["attributes"]:
        show("", table(["attribute", "audience"], facts["attributes"].items()))
        if not held.chosen:
            show(OLDER)
    for source in facts["sources"]:
        facts_of = [f"{name}: {source[name]}" for name in PROVENANCE if name in source]
        show("", f"source: {source['name']}", *(f"  {line}" for line in (*facts_of, *source["notes"])))
    show("", NOT_A_DIAGNOSIS)


def check(
    path: CaseBasePath,
    text: Annotated[
        bool,
        typer.Option(
            "--text",
            help="Also read every stored picture and list writing drawn in, such as names: half a second each, extra "
            "ocr. It warns; what is small, blurred or handwritten is missed.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for duplicates, leaks across splits, bad pictures, rare labels, and gaps in who is shown."""
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    with bar() if text else nullcontext() as progress:
        report = case_base.check(text=text, progress=progress)
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    show(f"{path}: {report.cases} cases checked", "", *(f"  {line}" for line in report.lines()))
