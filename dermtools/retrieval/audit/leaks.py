"""Findings about pictures and groups that meet themselves: in another split, or under another case id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.cases.columns import CaseColumns
from dermtools.images.copies import edited_copies, small_picture
from dermtools.images.limits import STORED
from dermtools.retrieval.audit.near_pairs import near_pairs
from dermtools.retrieval.audit.report import Finding, about

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 0.5
"""Near-duplicates are nearer than this share of the median distance to another group's nearest case.

On 677 clinical photographs (PAD-UFES-20), with a MobileNet, EfficientNet-Lite0 and the descriptor, every pair below
0.5 is one lesion or patient and the nearest unrelated pair lies at 0.64; JPEG quality 75 moves a picture by 0.1 to 0.6
(with EfficientNet-Lite0 up to 1.1), cutting 5 % off every edge by 0.2 to 0.6.
"""


NO_HASHES = (
    "pictures without a perceptual hash, stored by an earlier version, whose edited copies may be missed: {}; "
    "add the hashes with: dermtools check --fix --yes no-picture-hash"
)


BY_HASHES = "looked for by an index of their hashes, which finds {:.1%} of drawn copies from either side"
BY_INDEX = "looked for by an index, which finds {:.1%} of drawn pairs at that distance from either side"


def groups_across_splits(columns: CaseColumns) -> Iterator[Finding]:
    """Groups whose cases have different splits."""
    torn = [rows for rows in _rows_by(columns.group_ids) if _spans_splits(columns, rows)]
    message = "leak, groups in more than one split: {}; give each group one split"
    return about("error", "group-across-splits", message, _ids(columns, torn))


def duplicates(columns: CaseColumns) -> Iterator[Finding]:
    """Pictures with the very same content, their leaks across splits, and labels that contradict each other."""
    same = [rows for rows in _rows_by(columns.content_hashes) if len(rows) > 1]
    leaks = [rows for rows in same if _spans_splits(columns, rows)]
    tasks = columns.labels.values()
    conflicts = [rows for rows in same if any(len({labels[row] for row in rows} - {()}) > 1 for labels in tasks)]
    message = "leak, the same picture in more than one split: {}; keep each in one"
    yield from about("error", "duplicate-across-splits", message, _ids(columns, leaks))
    yield from about("warning", "duplicate", "the same picture under more than one case id: {}", _ids(columns, same))
    message = "the same picture with other labels under another case id: {}; correct one of them"
    yield from about("warning", "conflicting-labels", message, _ids(columns, conflicts))


def near_duplicates(columns: CaseColumns, vectors: NDArray[np.float32]) -> Iterator[Finding]:
    """Different pictures that look nearly the same to the embedder; see `NEAR`."""
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    groups, contents = _numbered(columns.group_ids)[rows], _numbered(columns.content_hashes)[rows]
    pairs = near_pairs(vectors if len(rows) == len(vectors) else vectors[rows], groups, contents, NEAR)
    found = rows[pairs.rows].tolist()
    leaks = [pair for pair in found if _spans_splits(columns, pair)]
    count = "" if pairs.complete else "at least "
    by_index = "" if pairs.recall is None else f"; {BY_INDEX.format(pairs.recall)}"
    message = f"likely leak, pairs of nearly the same picture in two splits: {count}{{}}; look at them{by_index}"
    yield from about("error", "near-duplicate-across-splits", message, _ids(columns, leaks))
    message = f"pairs of nearly the same picture (distance up to {pairs.threshold:.3g}{by_index}): {count}{{}}"
    yield from about("warning", "near-duplicate", message, _ids(columns, found))


def copies(columns: CaseColumns, jpegs: Callable[[Sequence[str]], dict[str, bytes]]) -> Iterator[Finding]:
    """Pictures that are one photograph, edited, and those whose copies cannot be found; `jpegs` gives stored ones."""

    def pictures(rows: Sequence[int]) -> list[Image.Image | None]:
        stored = jpegs([columns.case_ids[row] for row in rows])
        return [small_picture(stored[columns.case_ids[row]], STORED) for row in rows]

    contents = columns.content_hashes
    looked = edited_copies(columns.picture_hashes, pictures)
    found = [pair for pair in looked.pairs if contents[pair[0]] != contents[pair[1]]]
    told = "" if looked.recall is None else f"; {BY_HASHES.format(looked.recall)}"
    leaks = [pair for pair in found if _spans_splits(columns, pair)]
    message = f"leak, pairs of pictures in two splits that are one photograph, edited: {{}}; keep each in one{told}"
    yield from about("error", "edited-copy-across-splits", message, _ids(columns, leaks))
    message = f"pairs of pictures that are one photograph, edited (mirrored, cut, recoloured, captioned): {{}}{told}"
    yield from about("warning", "edited-copy", message, _ids(columns, found))
    unhashed = [[columns.case_ids[row]] for row in columns.unhashed]
    yield from about("warning", "no-picture-hash", NO_HASHES, unhashed)


def _rows_by(values: Sequence[Hashable]) -> list[list[int]]:
    """Rows of each distinct value, in the order in which the values come first."""
    rows: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        rows[value].append(row)
    return list(rows.values())


def _spans_splits(columns: CaseColumns, rows: Sequence[int]) -> bool:
    return len({columns.splits[row] for row in rows} - {None}) > 1


def _ids(columns: CaseColumns, rows_together: Sequence[Sequence[int]]) -> list[list[str]]:
    return [[columns.case_ids[row] for row in rows] for rows in rows_together]


def _numbered(values: Sequence[str]) -> NDArray[np.int64]:
    """A number for each distinct value."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(value, len(number)) for value in values], dtype=np.int64)
