"""`dermtools check`: what is wrong or doubtful in a case base."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from dermtools.cli import completion
from dermtools.cli.output import print_json, show, write_text
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.errors import CaseBaseError, QueryError
from dermtools.files import writable
from dermtools.text import instead


def check(
    path: CaseBasePath,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels",
            help="Also rank labels that nearest cases and a classifier doubt, neither of which knows the patient, and "
            "list like pictures with other labels: extra report.",
        ),
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="With --labels: of this task alone; repeatable.",
            autocompletion=completion.tasks,
        ),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text",
            help="Also read every stored picture and list writing drawn in, such as names: half a second each, extra "
            "ocr. It warns; what is small, blurred or handwritten is missed.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE.csv",
            help="Write the findings as a list to work through; dermtools relabel takes back what is filled in.",
            parser=writable,
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Offer the remedy of each finding, one at a time; what is done can be undone.")
    ] = False,
    yes: Annotated[
        list[str] | None,
        typer.Option(
            "--yes", metavar="KIND", help="With --fix: remedy this kind of finding, such as duplicate; repeatable."
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="error|warning|note", help="Exit code 1 where there is one so severe."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for duplicates, leaks across splits, bad pictures, rare or wrong labels, and gaps in who is shown."""
    from dermtools.cli.fixing import check_fixing
    from dermtools.cli.fixing import fix as fix_findings
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.audit.report import SEVERITIES
    from dermtools.retrieval.audit.worklist import worklist

    if task and not labels:
        raise QueryError("--task goes with --labels; add it, or leave --task out")
    if yes and not fix:
        raise QueryError("--yes goes with --fix; add it, or leave --yes out")
    if fix and as_json:
        raise QueryError("--fix talks to a person, --json to a program; leave one of them out")
    if fail_on is not None and fail_on not in SEVERITIES:
        raise QueryError(f"no severity {fail_on!r}; {instead(fail_on, SEVERITIES)}")
    if out is not None and out.suffix.lower() != ".csv":
        raise QueryError(f"{out}: the list is a CSV; give it a name that ends in .csv")
    if fix:
        check_fixing(yes or ())
    case_base = CaseBase.open(path)
    with bar() if text or labels else nullcontext() as progress:
        report = case_base.check(text=text, labels=labels, tasks=task or (), progress=progress)
    if out is not None:
        write_text(out, worklist(report, case_base.columns))
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        show(f"{path}: {report.cases} cases checked", "", *(f"  {line}" for line in report.lines()))
    if out is not None:
        back = f"to take back what you fill in: dermtools relabel {quote(str(path))} {quote(str(out))}"
        show("", f"{out}: the findings as a list; {back}", to_stderr=as_json)
    if fix:
        fix_findings(report, case_base.store, yes or ())
        if fail_on is not None:
            report = case_base.check(text=text, labels=labels, tasks=task or ())
    grave = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on is not None else ()
    if count := sum(finding.severity in grave for finding in report.findings):
        raise CaseBaseError(f"{path}: {count} findings of {' or '.join(grave)}, listed above; --fix offers remedies")
