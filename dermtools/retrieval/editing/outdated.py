"""What was made of a case base before an edit, and does not fit it any more."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from shlex import quote

from dermtools.cases.backends import backend_of
from dermtools.cases.in_step import space_folders
from dermtools.cases.manifest import read_manifest


def classifiers(path: Path, tasks: Collection[str] | None = None) -> list[tuple[str, str, str]]:
    """Task, kind, and the command that trains it anew, of each trained classifier of some tasks, else of all."""
    found = []
    own = backend_of(path).own_folder
    for place in (own, *space_folders(path)):
        by = "" if place == own else f" --embedder {quote(read_manifest(place).embedder)}"
        for folder in sorted(record.parent for record in place.glob("adapters/*/*/adapter.json")):
            task, kind = folder.parent.name, folder.name
            if tasks is None or task in tasks:
                found.append((task, kind, f"dermtools train {quote(str(path))} --task {task} --kind {kind}{by}"))
    return found


def outdated(path: Path, what: str, tasks: Collection[str] | None = None) -> list[str]:
    """One line for each classifier of these tasks, which learned from the former `what`."""
    return [
        f"the {kind} of {task} learned from the former {what}; train it anew: {anew}"
        for task, kind, anew in classifiers(path, tasks)
    ]
