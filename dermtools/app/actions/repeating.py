"""The command and the Python that give again what a view shows."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dermtools.app.actions.browsing import CasesArguments
    from dermtools.app.actions.searching import LookedUp, SearchArguments
    from dermtools.prediction import Query
    from dermtools.retrieval import CaseBase

PICTURE = "PICTURE.jpg"
"""Stands for a picture that was brought: where it lies, no page is told."""
_FLAGS = {
    "k": "-k",
    "where": "--where",
    "max_per_group": "--max-per-group",
    "diversity": "--diversity",
    "task": "--task",
}


def search_again(
    case_base: CaseBase, found: LookedUp, arguments: SearchArguments, names: Mapping[str, str]
) -> dict[str, Any]:
    """Of a search; several views have no command. `names` are those of the pictures that were brought, by handle."""
    options = {name: value for name in _FLAGS if (value := arguments.options[name]) is not None}
    if found.query is None:
        return _views_again(case_base, found.views, options, names)
    query, notes, command = found.query, list[str](), ["dermtools", "search", str(case_base.path)]
    if query.case_id:
        asked, command = f"case_id={query.case_id!r}", [*command, f"--case={query.case_id}"]
    elif query.text is not None:
        asked, command = f"text={query.text!r}", [*command, f"--text={query.text}"]
    else:
        asked, command, notes = (
            repr(PICTURE),
            [*command, PICTURE],
            [f"{PICTURE} stands for {names.get(query.name, query.name)}"],
        )
    for name, value in options.items():
        command += [_FLAGS[name], str(value)] if name == "k" else [f"{_FLAGS[name]}={value}"]
    command += [f"--embedder={spec}"] if (spec := _embedder(case_base)) else []
    arguments_ = ", ".join([asked, *_keywords(options)])
    python = f"{_opened(case_base)}for one in case_base.search({arguments_}):\n    {_PRINTED}\n"
    return {"command": shlex.join(command), "python": python, "notes": notes}


def cases_again(case_base: CaseBase, order: CasesArguments) -> dict[str, Any]:
    """Of a list of cases; only Python gives its order."""
    command, where = ["dermtools", "cases", str(case_base.path)], order.where.strip()
    command += [f"--where={where}"] if where else []
    by = f"case_base.snapshot, {where!r}, {order.sort!r}, descending={order.descending}"
    python = (
        "from dermtools.retrieval.search.ordering import ordered\n"
        f"{_opened(case_base)}case_ids = case_base.snapshot.columns.case_ids\n"
        f"for row in ordered({by}):\n    print(case_ids[row])\n"
    )
    total = [f"--limit={len(case_base)}"]
    notes = ["the command lists the same cases in the order of the case base"]
    return {"command": shlex.join([*command, *total]), "python": python, "notes": notes}


_PRINTED = "print(one.rank, one.distance, one.case.case_id)"


def _views_again(
    case_base: CaseBase, views: tuple[Query, ...], options: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    asked, notes = list[str](), ["several views are searched together from Python alone"]
    for number, view in enumerate(views, start=1):
        if view.case_id:
            asked.append(f"case_base.query(case_id={view.case_id!r})")
        else:
            name = PICTURE.replace(".", f"-{number}.")
            asked.append(f"case_base.query({name!r})")
            notes.append(f"{name} stands for {names.get(view.name, view.name)}")
    listed = "".join(f"    {one},\n" for one in asked)
    python = (
        "from dermtools.retrieval.search.pipeline import SearchOptions\n"
        "from dermtools.retrieval.views import search_views\n"
        f"{_opened(case_base)}views = [\n{listed}]\n"
        f"found = search_views(case_base, views, SearchOptions({', '.join(_keywords(options))}))\n"
        f"for one in found.neighbors:\n    {_PRINTED}\n"
    )
    return {"command": None, "python": python, "notes": notes}


def _keywords(options: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in options.items()]


def _opened(case_base: CaseBase) -> str:
    spec = _embedder(case_base)
    by = f", embedder={spec!r}" if spec else ""
    return f"from dermtools import CaseBase\n\ncase_base = CaseBase.open({str(case_base.path)!r}{by})\n"


def _embedder(case_base: CaseBase) -> str | None:
    """The spec of the embedder by whose vectors is searched, where it is not the case base's own."""
    from dermtools.cases.store import CaseStore

    spec = case_base.store.manifest.embedder
    return spec if spec != CaseStore.open(case_base.path).manifest.embedder else None
