"""`dermtools info`: what a case base holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dermtools.cli.attributes import OLDER
from dermtools.cli.index import record_of, remark
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.parameters import CaseBasePath, JsonOption

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase

PROVENANCE = ("licence", "citation", "url")


def info(path: CaseBasePath, as_json: JsonOption = False) -> None:
    """Say what a case base holds: cases, groups, splits, tasks, embedder."""
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    held = case_base.attributes
    facts = {**case_base.info(), "attributes": held.audiences, "spaces": case_base.spaces(), "index": _index(case_base)}
    if as_json:
        print_json(facts)
        return
    show(f"{path}: {facts['cases']} cases of {facts['groups']} groups, version {facts['version']}")
    show(f"embedder: {facts['embedder']['name']}, {facts['embedder']['dimension']} dimensions")
    if line := remark(case_base, facts["cases"]):
        show(line)
    for space in facts["spaces"]:
        what = f"{space['embedder']['name']}, {space['embedder']['dimension']} dimensions, {space['cases']} cases"
        left = f", {space['missing']} not embedded yet (dermtools reembed)" if space["missing"] else ""
        show(f"vectors by another embedder, spaces/{space['name']}: {what}{left}")
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


def _index(case_base: CaseBase) -> dict[str, Any] | None:
    """Of the tuned index, what says how far to trust it."""
    made = record_of(case_base)
    return made.facts if made else None
