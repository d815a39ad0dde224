"""A page with every line that an error says, from the places that raise them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from docs.generator import carried

PAGE = "reference/error-lines.md"
_CLASS = re.compile(r"^class ([A-Z]\w+Error)\(", re.MULTILINE)
_FILLED_IN = re.compile(r"{.*?}")
_FEWEST_LETTERS = 12
"""That a line has of its own; what has fewer is put together elsewhere."""


def pages() -> dict[str, str]:
    """Path below docs/ to Markdown."""
    return {PAGE: "\n".join(_page()) + "\n"}


@cache
def lines() -> dict[str, dict[str, list[str]]]:
    """Class to room to what it says there, with names in braces for what is filled in."""
    found: dict[str, dict[str, list[str]]] = {}
    sources = {path: path.read_text(encoding="utf-8") for path in sorted((carried.ROOT / "dermtools").rglob("*.py"))}
    classes = {name for source in sources.values() for name in _CLASS.findall(source)}
    for path, source in sources.items():
        room = path.relative_to(carried.ROOT).parts[1].removesuffix(".py")
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            kind, said = node.func.id, _text(node.args[0])
            if kind in classes and said and len(re.findall("[a-z]", _FILLED_IN.sub("", said))) >= _FEWEST_LETTERS:
                found.setdefault(kind, {}).setdefault(room, []).append(said)
    return found


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_filled, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None and right is None else f"{left or '{...}'}{right or '{...}'}"
    return None


def _filled(part: ast.expr) -> str:
    """Text as it is; what is filled in by its name."""
    if isinstance(part, ast.FormattedValue):
        name = str(getattr(part.value, "attr", getattr(part.value, "id", "")))
        return f"{{{name.strip('_') or '...'}}}"
    return str(getattr(part, "value", ""))


def _page() -> Iterator[str]:
    yield "# Every line of an error"
    yield ""
    yield "What each class of [error](errors.md) says, by the room that says it; what is in braces is filled in. A "
    yield "line names what is wrong and, after a semicolon or a comma, what to do about it. Lines that are put "
    yield "together of several parts are not all here."
    yield ""
    for kind, rooms in sorted(lines().items()):
        yield f"## {kind}"
        yield ""
        for room, several in sorted(rooms.items()):
            yield f'??? note "{room}: {len(set(several))}"'
            yield ""
            for said in sorted(set(several)):
                one = " ".join(said.split()).replace("``", "'")
                mark = "``" if "`" in one else "`"
                yield f"    - {mark}{one}{mark}"
            yield ""
