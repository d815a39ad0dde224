"""`dermtools check`: what is wrong or doubtful in a case base."""

from __future__ import annotations

from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, JsonOption


def check(path: CaseBasePath, as_json: JsonOption = False) -> None:
    """Look for duplicates, leaks across splits, bad pictures, rare labels, and gaps in who is shown."""
    from dermtools.retrieval import CaseBase

    report = CaseBase.open(path).check()
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    show(f"{path}: {report.cases} cases checked", "", *report.lines())
