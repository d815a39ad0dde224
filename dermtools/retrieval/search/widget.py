"""Neighbours in a notebook as cards that one can choose, and read back in Python what was chosen.

gallery = case_base.search("photo.jpg", k=12).widget()
gallery                 # shows it
gallery.selected        # ["case-17", "case-3"]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from dermtools.errors import QueryError
from dermtools.images import data_url
from dermtools.images.thumbnails import thumbnail
from dermtools.pages import notebook_look, notebook_script
from dermtools.retrieval.search.agreement import standards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dermtools.retrieval.search.neighbors import Neighbors


class NeighborGallery(anywidget.AnyWidget):
    """Neighbours as cards; the notebook's file holds no more of a case than the cards show: shown attributes alone.

    Args:
        neighbors: what a search found.
        jpegs: case id to its stored JPEG.
        task: whose labels are compared with what the neighbours vote for; by default the first.

    Raises:
        QueryError: no neighbour is labelled for that task.
    """

    _esm: ClassVar[str] = notebook_script()
    _css: ClassVar[str] = notebook_look()

    result = traitlets.Dict().tag(sync=True)
    """What the cards show, as plain data."""
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Ids of the chosen cases, in the order in which they were chosen. May be set from Python, too."""

    def __init__(self, neighbors: Neighbors, jpegs: Mapping[str, bytes], *, task: str | None = None) -> None:
        held = standards(neighbors)
        if task is not None and task not in held:
            raise QueryError(f"no neighbour has a label of {task!r}; there are: {', '.join(held) or 'none'}")
        task = task or next(iter(held), None)
        cases = [
            {
                **one.to_json(),
                "handle": one.case.case_id,
                "split": one.case.split,
                "picture": data_url(thumbnail(jpeg)) if (jpeg := jpegs.get(one.case.case_id)) else None,
            }
            for one in neighbors
        ]
        self._ids = frozenset(neighbors.case_ids)
        super().__init__(
            result={
                "query": neighbors.query,
                "neighbors": cases,
                "notes": list(neighbors.notes),
                "against": {"task": task, "labels": list(held[task].labels), "whose": "the vote"} if task else None,
            }
        )

    @traitlets.validate("selected")
    def _of_these(self, proposal: Any) -> Sequence[str]:
        if unknown := [one for one in proposal["value"] if one not in self._ids]:
            raise traitlets.TraitError(f"{unknown[0]!r} is not one of these neighbours")
        return list(dict.fromkeys(proposal["value"]))
