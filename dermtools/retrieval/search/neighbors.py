"""What a search gives back: cases with their distances to a query, nearest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from dermtools.cases.attributes import visible
from dermtools.cases.case import Case
from dermtools.errors import require_extra
from dermtools.images import data_url
from dermtools.images.thumbnails import thumbnail
from dermtools.pages import frame, look, notebook_look, templates
from dermtools.retrieval.search.agreement import standards

if TYPE_CHECKING:
    from jinja2 import Environment

    from dermtools.retrieval.search.leak_guard import Jpegs
    from dermtools.retrieval.search.widget import NeighborGallery

IN_A_NOTEBOOK = 60
"""Neighbours that a notebook shows of a result; its file holds every picture that it shows."""


@dataclass(frozen=True)
class Neighbor:
    """A case with its distance to a query."""

    rank: int
    """From 1, the nearest."""
    case: Case
    """Its ids, labels and attributes."""
    distance: float
    """Euclidean, in the embedder's own units."""
    shown: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Attributes of the case that may leave the machine; `case` has the private ones too."""

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the case that may leave the machine."""
        return dict(visible(self.case, self.shown).attributes)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a model, a client or a page: rank, case_id, group_id, distance, labels, shown attributes."""
        return {
            "rank": self.rank,
            "case_id": self.case.case_id,
            "group_id": self.case.group_id,
            "distance": self.distance,
            "labels": {task: list(labels) for task, labels in self.case.labels.items()},
            "attributes": self.attributes,
        }


class Neighbors(Sequence[Neighbor]):
    """The neighbours of one query, nearest first. Shows as a gallery in a notebook.

    Args:
        query: what was searched for: a file name, a case id, a few words.
        found: nearest first.
        notes: what a reader should know of this result, one line each, e.g. what the leak guard left out.
        jpegs: gives the pictures when the gallery is shown.
        shown: attributes that may leave the machine.
        left_out: what the leak guard left out: case id to why.
    """

    def __init__(
        self,
        query: str,
        found: Iterable[tuple[Case, float]],
        notes: Iterable[str],
        jpegs: Jpegs,
        shown: frozenset[str] = frozenset(),
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        self.query = query
        self.notes = tuple(notes)
        self.left_out = dict(left_out or {})
        ranked = enumerate(found, start=1)
        self._items = tuple(Neighbor(rank, case, distance, shown) for rank, (case, distance) in ranked)
        self._jpegs = jpegs

    @overload
    def __getitem__(self, index: int) -> Neighbor: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Neighbor, ...]: ...
    def __getitem__(self, index: int | slice) -> Neighbor | tuple[Neighbor, ...]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        nearest = "".join(f", nearest {first.case.case_id} at {first.distance:.4g}" for first in self._items[:1])
        return f"<{len(self)} neighbours of {self.query}{nearest}>"

    @property
    def case_ids(self) -> list[str]:
        """Case ids, nearest first."""
        return [neighbor.case.case_id for neighbor in self._items]

    def to_json(self) -> dict[str, Any]:
        """Plain data: `query`, and `neighbors` as `Neighbor.to_json`."""
        return {"query": self.query, "neighbors": [neighbor.to_json() for neighbor in self._items]}

    def widget(self, task: str | None = None) -> NeighborGallery:
        """A gallery for a notebook, to choose from: `.selected` holds the ids of the chosen cases.

        `task` is the one whose labels are compared with what the neighbours vote for; by default the first.

        Raises:
            MissingExtraError: anywidget is not installed.
            QueryError: no neighbour is labelled for that task.
        """
        require_extra("anywidget", "notebook")
        from dermtools.retrieval.search.widget import NeighborGallery

        return NeighborGallery(self, self._jpegs(self.case_ids), task=task)

    def _repr_html_(self) -> str:
        fragment = neighbor_templates().get_template("fragment.html.j2")
        first = self._items[:IN_A_NOTEBOOK]
        jpegs = self._jpegs([neighbor.case.case_id for neighbor in first])
        return fragment.render(query=self.query, total=len(self), neighbors=first, notes=self.notes, jpegs=jpegs)


def nearness(distance: float, nearest: float, farthest: float) -> float:
    """From 0.1 to 1 within one result: the nearest has a full bar. Distances have no unit of their own."""
    return 1 - 0.9 * (distance - nearest) / (farthest - nearest) if farthest > nearest else 1.0


@cache
def neighbor_templates() -> Environment:
    """Templates that show neighbours with their pictures."""
    environment = templates("dermtools.retrieval")
    environment.filters["data_url"] = data_url
    environment.filters["small"] = lambda jpeg: data_url(thumbnail(jpeg, quality=60))
    environment.filters["number"] = "{:.4g}".format  # four significant digits, whatever the embedder's scale
    environment.globals |= {
        "style": look(),
        "notebook_style": notebook_look(),
        "frame": frame(),
        "nearness": nearness,
        "standards": standards,
    }
    return environment
