"""Findings about pictures and groups that meet themselves: in another split, or under another case id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.columns import CaseColumns
from dermtools.retrieval.audit.near_duplicates import near_pairs
from dermtools.retrieval.audit.report import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 0.5
"""Near-duplicates are nearer than this share of the median distance to another group's nearest case.

On 677 clinical photographs (PAD-UFES-20), with a MobileNet and with the descriptor, every pair below 0.5 is one
lesion or patient and the nearest unrelated pair lies at 0.64; JPEG quality 75 moves a picture by 0.1 to 0.6,
cutting 5 % off every edge by 0.2 to 0.6.
"""


def groups_across_splits(columns: CaseColumns) -> Iterator[Finding]:
    """Groups whose cases have different splits."""
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for group, split in zip(columns.group_ids, columns.splits, strict=True):
        if split is not None:
            splits[group].add(split)
    torn = {group for group, found in splits.items() if len(found) > 1}
    if torn:
        members: defaultdict[str, list[str]] = defaultdict(list)
        for case_id, group in zip(columns.case_ids, columns.group_ids, strict=True):
            if group in torn:
                members[group].append(case_id)
        yield Finding(
            severity="error",
            kind="group-across-splits",
            message=f"leak, groups in more than one split: {len(torn)}; give each group one split",
            cases=tuple(tuple(ids) for ids in members.values()),
        )


def duplicates(columns: CaseColumns) -> Iterator[Finding]:
    """Pictures with the very same content, their leaks across splits, and labels that contradict each other."""
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(columns.content_hashes):
        rows_of[digest].append(row)
    same = [rows for rows in rows_of.values() if len(rows) > 1]
    leaks = [rows for rows in same if _spans_splits(columns, rows)]
    conflicts = [
        rows
        for rows in same
        if any(len({column[row] for row in rows} - {()}) > 1 for column in columns.labels.values())
    ]
    if leaks:
        yield Finding(
            severity="error",
            kind="duplicate-across-splits",
            message=f"leak, the same picture in more than one split: {len(leaks)}; keep each in one",
            cases=_ids(columns, leaks),
        )
    if same:
        yield Finding(
            severity="warning",
            kind="duplicate",
            message=f"the same picture under more than one case id: {len(same)}",
            cases=_ids(columns, same),
        )
    if conflicts:
        yield Finding(
            severity="warning",
            kind="conflicting-labels",
            message=f"the same picture with other labels under another case id: {len(conflicts)}; correct one of them",
            cases=_ids(columns, conflicts),
        )


def near_duplicates(columns: CaseColumns, vectors: NDArray[np.float32], near: float) -> Iterator[Finding]:
    """Different pictures that look nearly the same to the embedder; `near` as in `check`."""
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    groups, contents = _numbered(columns.group_ids)[rows], _numbered(columns.content_hashes)[rows]
    pairs = near_pairs(vectors if len(rows) == len(vectors) else vectors[rows], groups, contents, near)
    found = [[int(rows[i]), int(rows[j])] for i, j in zip(pairs.first, pairs.second, strict=True)]
    leaks = [pair for pair in found if _spans_splits(columns, pair)]
    count = "" if pairs.complete else "at least "
    if leaks:
        yield Finding(
            severity="error",
            kind="near-duplicate-across-splits",
            message=f"likely leak, pairs of nearly the same picture in two splits: {count}{len(leaks)}; look at them",
            cases=_ids(columns, leaks),
        )
    if found:
        yield Finding(
            severity="warning",
            kind="near-duplicate",
            message=f"pairs of nearly the same picture (distance up to {pairs.threshold:.3g}): {count}{len(found)}",
            cases=_ids(columns, found),
        )


def _spans_splits(columns: CaseColumns, rows: Sequence[int]) -> bool:
    return len({columns.splits[row] for row in rows} - {None}) > 1


def _ids(columns: CaseColumns, rows_together: Sequence[Sequence[int]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(columns.case_ids[row] for row in rows) for rows in rows_together)


def _numbered(values: Sequence[str]) -> NDArray[np.int64]:
    """A number for each distinct value."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(value, len(number)) for value in values], dtype=np.int64)
