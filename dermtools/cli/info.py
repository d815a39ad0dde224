"""`dermtools info`: what a case base holds."""

from __future__ import annotations

from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.parameters import CaseBasePath, JsonOption


def info(path: CaseBasePath, as_json: JsonOption = False) -> None:
    """Say what a case base holds: cases, groups, splits, tasks, embedder."""
    from dermtools.retrieval import CaseBase

    facts = CaseBase.open(path).info()
    if as_json:
        print_json(facts)
        return
    show(f"{path}: {facts['cases']} cases of {facts['groups']} groups, version {facts['version']}")
    show(f"embedder: {facts['embedder']['name']}, {facts['embedder']['dimension']} dimensions")
    splits = [(name, split["cases"], split["groups"]) for name, split in facts["splits"].items()]
    show("", table(["split", "cases", "groups"], splits, right=["cases", "groups"]))
    for task, counts in facts["tasks"].items():
        show("", table([task, "cases"], counts.items(), right=["cases"]))
    for source in facts["sources"]:
        show("", f"source: {source['name']}", *(f"  {note}" for note in source["notes"]))
    show("", NOT_A_DIAGNOSIS)
