"""The map of vectors: where each case lies, what colours it, and what was picked on it."""

from __future__ import annotations

import hashlib
import importlib.util
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.searching import case_facts
from dermtools.errors import QueryError
from dermtools.retrieval.search.choices import value_written
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.cases.columns import CaseColumns

MOST_CATEGORIES = 14
"""Values with a colour and shape of their own; the rarer ones share one."""
BANDS = 5
"""Of a number with more values than that: as many cases in each."""
MOST_NAMED = 40
"""Cases that a condition names one by one; more become a selection of the session."""
OTHERS, UNKNOWN = "others", "not known"
_NEAREST = 12


class LayoutArguments(Arguments):
    """How to lay out."""

    layout: Literal["umap", "pca"] = "pca"


class ColorArguments(Arguments):
    """What to colour by: a task, an attribute, or `split`."""

    by: str


class ConditionArguments(Arguments):
    """A `where` condition."""

    where: str


class PickedArguments(Arguments):
    """Rows that were picked on a layout of one version."""

    rows: list[int]
    version: int


class CasesArguments(Arguments):
    """Cases by id."""

    case_ids: list[str]


class NearArguments(Arguments):
    """A picture by its handle."""

    of: str


def layout(session: AppSession, arguments: LayoutArguments, teller: Teller) -> dict[str, Any]:
    """A place in [0, 1] x [0, 1] for every case; kept while the server runs, until the case base changes.

    Raises:
        MissingExtraError: UMAP, and it is not installed.
    """
    from dermtools.evaluation.reporting.projection import case_map

    case_base = session.opened
    if not len(case_base):
        raise QueryError("the case base holds no case yet")
    key = str(case_base.path), case_base.version, arguments.layout
    found = session.maps.get(key)
    if found is None:
        found = case_map(case_base, projection=arguments.layout, most=len(case_base), progress=teller)
        # Those of earlier versions go: they would say where cases lay that were erased since.
        session.maps = {one: held for one, held in session.maps.items() if one[:2] == key[:2]} | {key: found}
    return {
        "version": key[1],
        "caption": found.caption,
        "umap": importlib.util.find_spec("umap") is not None,
        "case_ids": list(found.case_ids),
        "x": found.places[:, 0].tolist(),
        "y": found.places[:, 1].tolist(),
        "without_picture": np.flatnonzero(case_base.columns.widths == 0).tolist(),
    }


def colors(session: AppSession, arguments: ColorArguments, _: Teller) -> dict[str, Any]:
    """For every case the number of its category, in the order of the layout; categories with most cases first.

    Numbers with many values are put into bands, and rare values together.

    Raises:
        QueryError: there is no such task or attribute.
    """
    case_base = session.opened
    columns, by = case_base.columns, arguments.by
    known = ["split", *columns.labels, *columns.attributes]
    if by not in known:
        raise QueryError(f"nothing is called {by!r} in this case base; {instead(by, known)}")
    values = _values(columns, by)
    counts = Counter(values)
    unknown = counts.pop(None, 0)
    names = _in_order(counts, by in columns.labels)
    rest = sum(counts[name] for name in names[MOST_CATEGORIES:])
    names = names[:MOST_CATEGORIES]
    place: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    categories = [{"name": name, "count": counts[name]} for name in names]
    others = len(categories)
    if rest:
        categories.append({"name": OTHERS, "count": rest})
    if unknown:
        place[None] = len(categories)
        categories.append({"name": UNKNOWN, "count": unknown})
    return {
        "by": by,
        "private": case_base.attributes.audiences.get(by) == "private" and by not in columns.labels,
        "categories": [{**one, "rest": one["name"] in (OTHERS, UNKNOWN)} for one in categories],
        "codes": [place.get(value, others) for value in values],
    }


def matching(session: AppSession, arguments: ConditionArguments, _: Teller) -> dict[str, Any]:
    """Rows of the layout that satisfy a condition.

    Raises:
        QueryError: it cannot be read, or names what does not exist.
    """
    return {"rows": np.flatnonzero(session.opened.snapshot.matching(arguments.where)).tolist()}


def picked(session: AppSession, arguments: PickedArguments, _: Teller) -> dict[str, Any]:
    """The condition that finds cases again: it names few, and many through a selection that the session keeps.

    Raises:
        QueryError: no case was picked, or the case base has changed meanwhile.
    """
    case_base = session.opened
    columns = case_base.columns
    if columns.version != arguments.version:
        raise QueryError("the case base has changed since the map was drawn; load the map again")
    if not arguments.rows or not 0 <= min(arguments.rows) <= max(arguments.rows) < len(columns):
        raise QueryError("no case lies there")
    ids = [columns.case_ids[row] for row in dict.fromkeys(arguments.rows)]
    quoted = ", ".join(map(value_written, ids[:MOST_NAMED]))
    if len(ids) <= MOST_NAMED and len(quoted) < 1500:
        return {"where": f"case_id IN ({quoted})", "cases": len(ids)}
    # Named by its content: an address of another start, or of another tab, never stands for other cases.
    name = "picked-" + hashlib.sha256("\0".join(sorted(ids)).encode()).hexdigest()[:8]
    case_base.selections[name] = frozenset(ids)
    return {"where": f"selection = '{name}'", "cases": len(ids)}


def cases(session: AppSession, arguments: CasesArguments, _: Teller) -> dict[str, Any]:
    """Cases as the page shows them, in the order asked."""
    case_base = session.opened
    return {"cases": [case_facts(case_base.case(case_id)) for case_id in arguments.case_ids]}


def near(session: AppSession, arguments: NearArguments, _: Teller) -> dict[str, Any]:
    """The cases nearest to a picture, among which the page draws it, and the case that it is, if any.

    Raises:
        QueryError: there is no such picture or case.
    """
    query = session.workspace.query(arguments.of, session.context)
    found = session.opened.search(query=query, k=_NEAREST)
    neighbors = [{"case_id": one.case.case_id, "distance": one.distance} for one in found]
    return {"case_id": query.case_id, "name": query.name, "neighbors": neighbors}


def _values(columns: CaseColumns, by: str) -> list[str | None]:
    """One value a case, as text; of several labels all, and of a number with many values its band."""
    if by in columns.labels:
        return [", ".join(labels) or None for labels in columns.labels[by]]
    given: Sequence[Any] = columns.splits if by == "split" else columns.attributes[by]
    numbers = [value for value in given if isinstance(value, int | float) and not isinstance(value, bool)]
    texts = any(isinstance(value, str | bool) for value in given)
    if texts or len(set(numbers)) <= MOST_CATEGORIES:
        return [None if value is None or value == "" else _plain(value) for value in given]
    edges = np.unique(np.quantile(np.array(numbers, np.float64), np.linspace(0, 1, BANDS + 1)))
    bands = [f"{_plain(low)} to {_plain(high)}" for low, high in pairwise(edges)]
    inner = edges[1:-1]
    return [None if value is None else bands[int(np.searchsorted(inner, value, side="right"))] for value in given]


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:g}"


def _in_order(counts: Counter[Any], labels: bool) -> list[str]:
    """Numbers and bands by size; other values by how many cases they have."""

    def first_number(name: str) -> float | None:
        try:
            return float(name.split(" to ")[0])
        except ValueError:
            return None

    numbers = {name: first_number(name) for name in counts}
    if counts and not labels and len(counts) <= MOST_CATEGORIES and None not in numbers.values():
        return sorted(counts, key=lambda name: numbers[name] or 0.0)
    return sorted(counts, key=lambda name: (-counts[name], name))


ACTIONS = [
    Action("map_layout", LayoutArguments, layout),
    Action("map_colors", ColorArguments, colors),
    Action("map_matching", ConditionArguments, matching),
    Action("map_picked", PickedArguments, picked),
    Action("map_cases", CasesArguments, cases),
    Action("map_near", NearArguments, near),
]
