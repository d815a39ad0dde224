"""The leak guard: which cases a query must never meet, because they are its own.

Own are: the query's group; every case with the query's content hash, and the groups of those, since a picture that is
in the case base tells whose it is. Where that leaves the group unknown, the case base may still hold the picture in
another encoding or edited: cases nearly at the query's place in embedding space, or that show the same photograph, are
copies of it, and own with their groups.

How near is "nearly" was measured on 677 photographs of 518 patients. Embedding distance, relative to the query's
norm, of a copy at JPEG quality 90 has a median of 0.002 (`descriptor`), 0.022 (a MobileNet) and 0.008
(`efficientnet-lite0`, a quarter of them); the nearest picture of another patient lies at 0.17, 0.47 and 0.45.
`SAME_PLACE` lies far below those, and finds what was only decoded otherwise or lightly re-encoded. Everything else is
proposed and tried: the nearest few by embedding, which recolouring, mirroring and turning can move far, but hardly a
crop; and the nearest few by perceptual hash in all eight turns, which it is the other way around. None of either
decides, since two round naevi may be near in both: `dermtools/images/same_picture.py` lays the pictures over each
other and compares their details. `docs/evidence.md` says what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.groups import given_group
from dermtools.images.copies import small_picture
from dermtools.images.limits import STORED
from dermtools.images.picture_hash import hash_rows, picture_hash, turned
from dermtools.images.same_picture import SAME, likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from dermtools.cases.columns import CaseColumns
    from dermtools.prediction import Query
    from dermtools.retrieval.search.index import Ranked

SAME_PLACE = 0.02
"""Embedding distance of a copy at most, relative to the query's norm."""
COMPARED = 4
"""Nearest cases by embedding, and twice as many by hash, that are tried at once; more as long as one is a copy."""
NEAR_HASH = 100
"""Bits of the 256 in which the hash of a copy differs at most; two unrelated pictures' differ in 116 at the median."""

HASHES_RANKED = 64
"""Nearest hashes of each turn that are looked at, however many copies there are."""

Jpegs = Callable[[Sequence[str]], dict[str, bytes]]


class LeakGuard:
    """Finds the rows of one version of a case base that are a query's own."""

    def __init__(self, columns: CaseColumns) -> None:
        self._columns = columns

    def left_out(self, query: Query, nearest: Callable[[], Ranked], jpegs: Jpegs) -> set[int]:
        """Every row that the query must not meet: its own, and copies where nothing known says whose it is.

        `nearest` gives all cases by their distance to the query, and is called only where copies are looked for. No
        filter may apply to it: a copy that a filter hides still says which group is the query's.
        """
        own = self.own_rows(query)
        if own or query.group_id is not None or query.text is not None:
            return own
        ranking = nearest()
        found = {row for row, _ in takewhile(lambda pair: pair[1] <= SAME_PLACE * ranking.norm, ranking)}
        if query.image is not None:
            by_hash = _nearest_hashes(query.image, self._columns.picture_hashes)
            found |= _copies_by_pixels(ranking, by_hash, query.image, self._columns.case_ids, jpegs)
        return self._with_groups(found)

    def own_rows(self, query: Query) -> set[int]:
        """Rows that are the query's own by what is known of it: case, group, content hash."""
        contents = {query.content_hash}
        if query.case_id is not None and query.case_id in self._columns.row_of:
            contents.add(self._columns.content_hashes[self._columns.row_of[query.case_id]])
        groups = {self._columns.group_ids[row] for content in contents for row in self._rows_of_content(content)}
        return self.rows_of_groups(groups if query.group_id is None else groups | {query.group_id})

    def reasons(self, query: Query, rows: Iterable[int]) -> dict[int, str]:
        """Why the query must not meet each of the rows that `left_out` gave, in words for a reader."""
        contents, groups = self._columns.content_hashes, self._columns.group_ids
        own = self._columns.row_of.get(query.case_id or "")
        content = contents[own] if own is not None else query.content_hash
        holders = {groups[row] for row in self._rows_of_content(content)}

        def reason(row: int) -> str:
            if row == own:
                return "the query itself"
            if contents[row] == content:
                return "the same picture"
            if groups[row] in (query.group_id, given_group(query.group_id or "")) or groups[row] in holders:
                return "of the query's own group"
            return "shows the same photograph, or is of the group of one that does"

        return {row: reason(row) for row in rows}

    def rows_of_groups(self, groups: Iterable[str]) -> set[int]:
        """Rows of groups, named as the case base shows them or as the source did; an unknown one has none."""
        rows = self._columns.index("group_id").rows
        found = set[int]()
        for group in groups:
            named = rows(group)
            found.update((named if len(named) else rows(given_group(group))).tolist())
        return found

    def _rows_of_content(self, content: str | None) -> list[int]:
        rows: list[int] = [] if content is None else self._columns.index("content_hash").rows(content).tolist()
        return rows

    def _with_groups(self, rows: Iterable[int]) -> set[int]:
        """The rows, and all others of their groups."""
        return self.rows_of_groups({self._columns.group_ids[row] for row in rows})


def _copies_by_pixels(
    ranking: Ranked, by_hash: Sequence[int], image: Image.Image, case_ids: Sequence[str], jpegs: Jpegs
) -> set[int]:
    """Rows among the nearest, by embedding and by hash, whose stored picture shows the same photograph."""
    tried, found = set[int](), set[int]()
    nearest, hashed = iter(ranking), iter(by_hash)
    while batch := [*(row for row, _ in islice(nearest, COMPARED)), *islice(hashed, 2 * COMPARED)]:
        rows = [row for row in dict.fromkeys(batch) if row not in tried]
        tried.update(rows)
        pictures = jpegs([case_ids[row] for row in rows])
        held = [(row, small_picture(jpeg, STORED)) for row in rows if (jpeg := pictures[case_ids[row]])]
        shown = [(row, picture) for row, picture in held if picture is not None]
        alike = likeness(image, [picture for _, picture in shown])
        same = {row for (row, _), value in zip(shown, alike, strict=True) if value >= SAME}
        if not same and rows:
            break
        found |= same
    return found


def _nearest_hashes(image: Image.Image, hashes: NDArray[np.uint8]) -> list[int]:
    """Rows from the nearest hash on, as far as a copy's may lie; at most `HASHES_RANKED` a turn."""
    own = hash_rows([picture_hash(image)])
    if not own.any() or not len(hashes):
        return []
    from faiss import knn_hamming

    bits, rows = knn_hamming(turned(own)[0], hashes, min(HASHES_RANKED, len(hashes)))
    near = sorted((bit, row) for bit, row in zip(bits.ravel().tolist(), rows.ravel().tolist(), strict=True))
    return list(dict.fromkeys(row for bit, row in near if bit <= NEAR_HASH))


def allowed_rows(count: int, left_out: Iterable[int]) -> NDArray[np.bool_]:
    """Bool, shape (count,): all rows but those left out."""
    allowed = np.ones(count, dtype=np.bool_)
    allowed[list(left_out)] = False
    return allowed
