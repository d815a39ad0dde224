"""A page for each room: the names that it offers, from their docstrings."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dermtools
from docs.generator.cells import cell

FOLDER = "reference/python"
_IN_ORDER = (
    "retrieval",
    "cases",
    "cases.sources",
    "embedding",
    "adapter",
    "prompting",
    "methods",
    "tools",
    "agent",
    "mcp",
    "evaluation",
    "images",
    "tracing",
)
"""The rooms in the order in which a reader needs them; others follow."""
FACE = "dermtools"
_NO_ROOM = ("cli", "cases.sources.sample")
"""Asked for by their commands, and by a word of `load_source`."""
NOT_LISTED = ("model_config",)
"""Members of a class that mkdocs.yml keeps from the reference, beside those with an underscore."""


def _rooms() -> tuple[str, ...]:
    packages = (found for found in pkgutil.walk_packages(dermtools.__path__, "dermtools.") if found.ispkg)
    offering = (found.name for found in packages if getattr(importlib.import_module(found.name), "__all__", None))
    rooms = (name.removeprefix("dermtools.") for name in offering)
    return (*_IN_ORDER, *(room for room in rooms if room not in (*_IN_ORDER, *_NO_ROOM)))


ROOMS = _rooms()


def packages() -> list[str]:
    """The public face, and all rooms, dotted."""
    return [FACE, *(f"{FACE}.{room}" for room in ROOMS)]


@cache
def names(package: str) -> dict[str, str]:
    """Name that a package offers to the dotted place where it is defined."""
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    homes = {alias.name: str(node.module) for node in imports for alias in node.names}
    return {name: f"{homes[name]}.{name}" for name in module.__all__}


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    made = {f"{FOLDER}/{room}.md": "\n".join(_page(room)) + "\n" for room in ROOMS}
    return {f"{FOLDER}/index.md": "\n".join(_index()) + "\n", **made}


def _index() -> Iterator[str]:
    yield "# Python"
    yield ""
    yield "What `import dermtools` offers, and the rooms from which everything else is imported. Each name is loaded "
    yield "when it is first used. [What is public](../../versioning.md) stays."
    yield ""
    yield "| name | what it is |"
    yield "| --- | --- |"
    for name, home in names(FACE).items():
        # `Query` and `Prediction` belong to no room: they stand on this page.
        room = _room(home)
        where = f"{room}.md" if room else ""
        yield f"| [`dermtools.{name}`]({where}#{home}) | {_first_line(FACE, name)} |"
    yield ""
    yield "| room | what it holds |"
    yield "| --- | --- |"
    for room in ROOMS:
        package = f"dermtools.{room}"
        yield f"| [`{package}`]({room}.md) | {_first_sentence(importlib.import_module(package).__doc__)} |"
    yield ""
    for home in names(FACE).values():
        if _room(home) is None:
            yield from _directive(home)


def _page(room: str) -> Iterator[str]:
    package = f"dermtools.{room}"
    yield f"# {package}"
    yield ""
    yield _first_sentence(importlib.import_module(package).__doc__)
    yield ""
    offered = names(package)
    elsewhere = {name: home for name, home in offered.items() if _room(home) not in (room, None)}
    if elsewhere:
        links = (f"[`{name}`]({_room(home)}.md#{home})" for name, home in elsewhere.items())
        yield f"It offers these of other rooms too: {', '.join(links)}."
        yield ""
    for name, home in offered.items():
        if name not in elsewhere:
            yield from _directive(home)


def _room(home: str) -> str | None:
    """The room on whose page a name stands: the innermost that offers it, of those that hold it."""
    offering = [room for room in ROOMS if home in names(f"dermtools.{room}").values()]
    holding = [room for room in offering if home.startswith(f"dermtools.{room}.")]
    return max(holding, key=len) if holding else offering[0] if offering else None


def _directive(home: str) -> Iterator[str]:
    yield f"::: {home}"
    yield ""


def _first_line(package: str, name: str) -> str:
    return _first_sentence(getattr(importlib.import_module(package), name).__doc__)


def _first_sentence(text: str | None) -> str:
    return cell((text or "").strip().partition("\n")[0])
