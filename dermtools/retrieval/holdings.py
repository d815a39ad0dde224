"""What a case base holds, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.case import SPLITS
from dermtools.cases.columns import LABEL_PREFIX

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns
    from dermtools.cases.manifest import Manifest


def holdings(path: Path, manifest: Manifest, columns: CaseColumns) -> dict[str, Any]:
    """Cases, groups, splits, tasks, embedder, version and sources, as plain data."""
    columns.load("split", *(LABEL_PREFIX + task for task in columns.labels))
    groups = columns.group_ids.coded
    parts = {name or "none": groups.codes[columns.splits.mask(name)] for name in (*SPLITS, None)}
    return {
        "path": str(path),
        "cases": len(columns),
        "groups": len(groups.values),
        "splits": {
            name: {"cases": len(part), "groups": int(np.count_nonzero(np.bincount(part)))}
            for name, part in parts.items()
            if len(part)
        },
        "tasks": {task.name: _counts(task.labels, columns.labels[task.name].counts()) for task in manifest.tasks},
        "embedder": {"spec": manifest.embedder, **manifest.identity.model_dump()},
        "version": columns.version,
        "created": manifest.created,
        "sources": [source.model_dump(mode="json", exclude_none=True) for source in manifest.sources],
    }


def _counts(closed: Iterable[str], counted: Mapping[str, int]) -> dict[str, int]:
    """Cases of each label of the closed set, most first; a label without a case counts 0."""
    return dict(sorted(((label, counted.get(label, 0)) for label in closed), key=lambda item: (-item[1], item[0])))
