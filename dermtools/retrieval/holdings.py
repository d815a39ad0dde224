"""What a case base holds, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.cases.case import SPLITS

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.manifest import Manifest


def holdings(path: Path, manifest: Manifest, columns: CaseColumns) -> dict[str, Any]:
    """Cases, groups, splits, tasks, embedder, version and sources, as plain data."""
    splits = [split or "none" for split in columns.splits]
    groups = {split: set[str]() for split in (*SPLITS, "none")}
    for split, group in zip(splits, columns.group_ids, strict=True):
        groups[split].add(group)
    return {
        "path": str(path),
        "cases": len(columns),
        "groups": len(set(columns.group_ids)),
        "splits": {name: {"cases": splits.count(name), "groups": len(ids)} for name, ids in groups.items() if ids},
        "tasks": {task.name: _counts(task.labels, columns.labels.get(task.name, ())) for task in manifest.tasks},
        "embedder": {"spec": manifest.embedder, **manifest.identity.model_dump()},
        "version": columns.version,
        "created": manifest.created,
        "sources": [source.model_dump(mode="json", exclude_none=True) for source in manifest.sources],
    }


def _counts(closed: Iterable[str], rows: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Cases of each label of the closed set, most first; a label without a case counts 0."""
    counted = Counter(label for labels in rows for label in labels)
    return dict(sorted(((label, counted[label]) for label in closed), key=lambda item: (-item[1], item[0])))
