"""What is on screen as a file: a page, a table or a picture; and the command and the Python that give it again.

A file holds what may leave this machine: attributes that are shown, and of the private ones those that were chosen.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ValidationError

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.browsing import CasesArguments
from dermtools.app.actions.repeating import cases_again, search_again
from dermtools.app.actions.searching import LookedUp, SearchArguments, look_up
from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.text import bounded

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.retrieval.gallery import Tile
    from dermtools.retrieval.search.snapshot import Snapshot

Format = Literal["html", "csv", "png"]
Model = TypeVar("Model", bound=Arguments)
MOST = 2000
"""Cases of a page; a table has as many as there are."""
_TYPES = {"html": "text/html", "csv": "text/csv", "png": "image/png"}
_OWN = ("rank", "case_id", "group_id", "split", "distance")


class ShownArguments(Arguments):
    """What is on screen: a view, and what it asked for."""

    view: Literal["search", "cases"]
    arguments: dict[str, Any]
    """Those of the view's action."""


class ExportArguments(ShownArguments):
    """As what, and with what besides."""

    format: Format
    attributes: tuple[str, ...] = ()
    """Private attributes that the person chose, one by one."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """What the view shows."""

    name: str
    """What was searched, or which cases are listed."""
    tiles: Sequence[Tile]
    found: LookedUp | None = None
    """None of a list of cases."""

    @property
    def title(self) -> str:
        """Of the page or picture."""
        return f"Cases similar to {self.name}" if self.found else self.name


def export(session: AppSession, arguments: ExportArguments, _: Teller) -> dict[str, Any]:
    """A file: `name`, `type`, and `content` in base64.

    Raises:
        QueryError: as the view's own action; or an attribute is unknown, or there is too much for a page or a picture.
        ImageError: a picture cannot be read.
    """
    shown = _shown(session, arguments, arguments.attributes)
    if arguments.format == "csv":
        # The mark at the start is what tells spreadsheets that this is UTF-8.
        content = _csv(session, shown, arguments.attributes).encode("utf-8-sig")
    elif arguments.format == "html":
        content = _html(session, shown).encode()
    else:
        content = _png(session, shown)
    name = f"{'similar' if arguments.view == 'search' else 'cases'}.{arguments.format}"
    return {"name": name, "type": _TYPES[arguments.format], "content": base64.b64encode(content).decode()}


def repeat(session: AppSession, arguments: ShownArguments, _: Teller) -> dict[str, Any]:
    """`command` (None where the command line has none), `python`, and `notes` on what to put into them.

    Raises:
        QueryError: as the view's own action.
    """
    if arguments.view == "search":
        given = _given(SearchArguments, arguments)
        return search_again(session.opened, look_up(session, given), given, _brought(session, given))
    return cases_again(session.opened, _given(CasesArguments, arguments))


def _brought(session: AppSession, given: SearchArguments) -> dict[str, str]:
    """Handle to name of the pictures that the person brought."""
    brought = [one for one in (given.query, *given.views) if one and not one.startswith(CASE_PREFIX)]
    return {handle: session.context.images.get(handle).name for handle in brought}


def _given(model: type[Model], arguments: ShownArguments) -> Model:
    try:
        return model.model_validate(arguments.arguments)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]
        raise QueryError(f"{'.'.join(map(str, said['loc']))}: {said['msg']}") from error


def _shown(session: AppSession, arguments: ShownArguments, private: Sequence[str]) -> _Shown:
    from dermtools.retrieval.gallery import Tile
    from dermtools.retrieval.search.ordering import ordered

    case_base = session.opened
    if unknown := sorted(set(private) - set(case_base.attributes.names)):
        raise QueryError(f"the case base has no attribute {', '.join(unknown)}")
    leaves = [name for name in case_base.attributes.names if name in case_base.attributes.shown or name in private]

    def tile(rank: int, case: Any, distance: float | None = None) -> Tile:
        return Tile(rank, case, {name: case.attributes.get(name) for name in leaves}, distance)

    if arguments.view == "search":
        given = _given(SearchArguments, arguments)
        found = look_up(session, given)
        tiles = [tile(one.rank, one.case, one.distance) for one in found.neighbors]
        # Not by its file's name, which may be a patient's.
        name = "a picture" if _brought(session, given) and given.query else found.name
        return _Shown(bounded(name.removeprefix(CASE_PREFIX), 80), tiles, found)
    order, columns = _given(CasesArguments, arguments), case_base.snapshot.columns
    rows = ordered(case_base.snapshot, order.where, order.sort, descending=order.descending).tolist()
    named = f"Cases{_condition(case_base.snapshot, order.where, frozenset(leaves))}"
    return _Shown(named, [tile(rank, columns.case(row)) for rank, row in enumerate(rows, start=1)])


def _condition(snapshot: Snapshot, where: str, leaves: frozenset[str]) -> str:
    """What a file may say of a condition: nothing of one that names a private attribute which was not chosen."""
    if not where.strip():
        return ""
    try:
        snapshot.matching(where, leaves)
    except QueryError:
        return " that satisfy a condition"
    return f" where {bounded(where, 200)}"


def _csv(session: AppSession, shown: _Shown, private: Sequence[str]) -> str:
    from dermtools.cases.exports.delimited import guarded, separator_for

    case_base = session.opened
    tasks = {task.name: separator_for(task.labels) for task in case_base.tasks}
    names = [name for name in case_base.attributes.names if name in case_base.attributes.shown or name in private]
    own = [name for name in _OWN if shown.found or name != "distance"]

    def cell(value: Any) -> str:
        if value is None or value == "":
            return ""
        return (
            guarded(value) if isinstance(value, str) else str(value).lower() if value in (True, False) else repr(value)
        )

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(guarded, [*own, *tasks, *(name for name in names if name not in tasks)]))
    for tile in shown.tiles:
        case = tile.case
        facts = {"rank": tile.rank, "distance": tile.distance}
        row = [cell(facts[name] if name in facts else getattr(case, name)) for name in own]
        row += [cell(separator.join(case.labels.get(task, ()))) for task, separator in tasks.items()]
        writer.writerow(row + [cell(tile.attributes.get(name)) for name in names if name not in tasks])
    return text.getvalue()


def _html(session: AppSession, shown: _Shown) -> str:
    from dermtools.retrieval.gallery import Page, Result, page_html

    case_base = session.opened
    if len(shown.tiles) > MOST:
        raise QueryError(f"a page holds {MOST:,} cases, and these are {len(shown.tiles):,}; filter them")
    query = shown.found.query if shown.found else None
    result = Result(
        name=shown.name if shown.found else f"{len(shown.tiles):,} cases",
        neighbors=shown.tiles,
        jpegs=_jpegs(session, shown),
        jpeg=_asked(session, shown),
        case=case_base.attributes.visible(case_base.case(query.case_id)) if query and query.case_id else None,
        left_out=shown.found.neighbors.left_out if shown.found else {},
        listed=shown.found is None,
    )
    return page_html(
        Page(shown.title, [result], _intro(session, shown), shown.found.neighbors.notes if shown.found else ())
    )


def _png(session: AppSession, shown: _Shown) -> bytes:
    from dermtools.retrieval.contact_sheet import MOST as ON_A_SHEET
    from dermtools.retrieval.contact_sheet import contact_sheet

    jpegs = _jpegs(session, shown) if len(shown.tiles) <= ON_A_SHEET else {}
    return contact_sheet(shown.title, shown.tiles, jpegs, query=_asked(session, shown), intro=_intro(session, shown))


def _jpegs(session: AppSession, shown: _Shown) -> dict[str, bytes]:
    return session.opened.store.jpegs([tile.case.case_id for tile in shown.tiles])


def _asked(session: AppSession, shown: _Shown) -> bytes | None:
    """The picture that was searched; of several views the first."""
    from dermtools.images import encode_jpeg

    if shown.found is None:
        return None
    query = shown.found.query or shown.found.views[0]
    if query.case_id:
        return session.opened.store.jpegs([query.case_id]).get(query.case_id)
    return query.jpeg or (encode_jpeg(query.image) if query.image else None)


def _intro(session: AppSession, shown: _Shown) -> str:
    case_base = session.opened
    of = f"{len(shown.tiles):,} of {len(case_base):,} cases of {case_base.path.name}"
    return f"{of}, by Euclidean distance of {case_base.identity.name} vectors." if shown.found else f"{of}."


ACTIONS = [Action("export", ExportArguments, export), Action("repeat", ShownArguments, repeat)]
