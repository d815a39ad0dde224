"""Findings about what may tell who somebody is: shown attributes, and ids, which always go to models."""

from __future__ import annotations

from collections.abc import Iterator

from dermtools.cases.attributes import IN_IDS, shown_attributes
from dermtools.cases.columns import CaseColumns
from dermtools.cases.identifiers import identifying_attributes, names_in_ids
from dermtools.cases.manifest import Manifest
from dermtools.retrieval.audit.report import Finding, about


def identifiers(columns: CaseColumns, manifest: Manifest) -> Iterator[Finding]:
    """Shown attributes that look like an identifier, and cases whose id, or group's id, looks like a name."""
    shown = shown_attributes(manifest, columns.attributes)
    for name, kind in identifying_attributes({name: columns.attributes[name] for name in sorted(shown)}).items():
        message = f"attribute {name} looks like {kind} and is shown to models and clients; hide it, or drop it"
        yield Finding(severity="warning", kind="identifying-attribute", message=message)
    ordinary = [word for task in manifest.tasks for word in (task.name, *task.labels)]
    named = set(names_in_ids([*columns.case_ids, *columns.group_ids], ordinary))
    rows = zip(columns.case_ids, columns.group_ids, strict=True)
    cases = [[case_id] for case_id, group_id in rows if case_id in named or group_id in named]
    yield from about("warning", "identifying-id", f"cases whose id looks like a person's name: {{}}; {IN_IDS}", cases)
