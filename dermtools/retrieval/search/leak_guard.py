"""The leak guard: which cases a query must never meet, because they are its own.

Own are: the query's group; every case with the query's content hash, and the groups of those, since a
picture that is in the case base tells whose it is. Where that leaves the group unknown, the case base may
still hold the picture in another encoding: cases nearly at the query's place in embedding space, or with nearly
its pixels, are copies of it, and own with their groups.

How near is "nearly" was measured on 677 photographs of 518 patients, re-encoded as JPEG:
- Embedding distance, relative to the query's norm: at quality 90 the median copy lies at 0.002 (`descriptor`)
  and 0.022 (a MobileNet), the nearest picture of another patient at 0.17 and 0.47. `SAME_PLACE` lies far
  below those, and finds what was only decoded otherwise or lightly re-encoded.
- A copy at quality 50, or at half the size, lies at up to 0.12 and 0.68, which no distance can tell from a
  similar case; but it was always the nearest of all. So the nearest few are compared as thumbnails.
- Thumbnails of such copies (JPEG quality 30 to 90, 0.3 to 1.7 times the size) differ by at most 0.31 of their
  contrast, those of any two patients' photographs by at least 0.45.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.cases.groups import given_group
from dermtools.images import open_image
from dermtools.images.limits import STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.columns import CaseColumns
    from dermtools.prediction import Query
    from dermtools.retrieval.search.index import Ranking

SAME_PLACE = 0.02
"""Embedding distance of a copy at most, relative to the query's norm."""
COMPARED = 4
"""Nearest cases compared by pixels at once; more only as long as one of them is a copy."""
SIDE = 16
"""Pixels of a thumbnail's sides."""
SAME_SHARE = 0.35
"""Root mean square difference of a copy's thumbnail at most, as a share of the lower contrast of the two."""
SAME_LEVELS = 1.0
"""The same in levels of 0 to 255, for pictures of nearly one colour."""

Jpegs = Callable[[Sequence[str]], dict[str, bytes]]


class LeakGuard:
    """Finds the rows of one version of a case base that are a query's own."""

    def __init__(self, columns: CaseColumns) -> None:
        self._columns = columns
        self._rows_of_group: dict[str, list[int]] = defaultdict(list)
        self._rows_of_content: dict[str, list[int]] = defaultdict(list)
        for row, (group, content) in enumerate(zip(columns.group_ids, columns.content_hashes, strict=True)):
            self._rows_of_group[group].append(row)
            self._rows_of_content[content].append(row)

    def left_out(self, query: Query, nearest: Callable[[], Ranking], jpegs: Jpegs) -> set[int]:
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
            found |= _copies_by_pixels(ranking, query.image, self._columns.case_ids, jpegs)
        return self._with_groups(found)

    def own_rows(self, query: Query) -> set[int]:
        """Rows that are the query's own by what is known of it: case, group, content hash."""
        contents = {query.content_hash}
        if query.case_id is not None and query.case_id in self._columns.row_of:
            contents.add(self._columns.content_hashes[self._columns.row_of[query.case_id]])
        rows = {row for content in contents if content is not None for row in self._rows_of_content.get(content, ())}
        return self._with_groups(rows) | self.rows_of_groups(() if query.group_id is None else (query.group_id,))

    def rows_of_groups(self, groups: Iterable[str]) -> set[int]:
        """Rows of groups, named as the case base shows them or as the source did; an unknown one has none."""
        known = self._rows_of_group
        return {row for group in groups for row in known.get(group) or known.get(given_group(group)) or ()}

    def _with_groups(self, rows: Iterable[int]) -> set[int]:
        """The rows, and all others of their groups."""
        return self.rows_of_groups({self._columns.group_ids[row] for row in rows})


def _copies_by_pixels(ranking: Ranking, image: Image.Image, case_ids: Sequence[str], jpegs: Jpegs) -> set[int]:
    """Rows among the nearest whose stored picture shows the same photograph."""
    shown = thumbnail(image)
    found: set[int] = set()
    nearest = iter(ranking)
    while batch := [row for row, _ in islice(nearest, COMPARED)]:
        pictures = jpegs([case_ids[row] for row in batch])
        same = [row for row in batch if same_picture(shown, thumbnail(pictures[case_ids[row]]))]
        if not same:
            break
        found.update(same)
    return found


def allowed_rows(count: int, left_out: Iterable[int]) -> NDArray[np.bool_]:
    """Bool, shape (count,): all rows but those left out."""
    allowed = np.ones(count, dtype=np.bool_)
    allowed[list(left_out)] = False
    return allowed


def thumbnail(picture: Image.Image | bytes) -> NDArray[np.float32]:
    """Mean colours of a grid laid over an RGB picture or a stored JPEG: float32, shape (16, 16, 3), 0 to 255."""
    image = open_image(picture, min_side=4 * SIDE, limits=STORED) if isinstance(picture, bytes) else picture
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)


def same_picture(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two thumbnails show one photograph."""
    return _root_mean_square(a - b) <= max(SAME_SHARE * min(_contrast(a), _contrast(b)), SAME_LEVELS)


def _contrast(colours: NDArray[np.float32]) -> float:
    """Root mean square distance of the colours from their mean colour, per channel."""
    return _root_mean_square(colours - colours.mean(axis=(0, 1)))


def _root_mean_square(values: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
