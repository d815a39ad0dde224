"""Every fault of a prompt file, each with its place: what its form says, and what no single field can see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from functools import reduce
from typing import Any

from pydantic import ValidationError

from dermtools.prompting.files import schema
from dermtools.prompting.files.schema import EXEMPLAR_VARIABLES, EXEMPLARS, INSTRUCTION, Place, PromptFile

_KEYS = {
    key
    for model in (PromptFile, schema.Message, schema.Block, schema.Variable, schema.OutputField)
    for key in model.model_fields
}
_STAND_INS = {"id": "x", "version": 1, "description": "x", "template_format": "f-string", "role": "user", "text": "x"}
"""A value in place of a wrong one, so that pydantic goes on to what it checks when the parts are right."""


def faults(data: dict[Any, Any]) -> list[tuple[Place, str]]:
    """Place and reason of everything that is wrong in what a file says; none where it is a valid `PromptFile`."""
    form = [*_of_form(deepcopy(data))]
    return [*form, *_of_variables(data, sound=not form)]


def _of_form(data: dict[Any, Any]) -> Iterator[tuple[Place, str]]:
    told: set[tuple[Place, str]] = set()
    fresh = True
    while fresh:
        fresh = False
        try:
            PromptFile.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                # Pydantic marks a mapping's key as `[key]`; the file does not.
                place = tuple(part for part in detail["loc"] if part != "[key]")
                if (place, detail["type"]) not in told:
                    fresh = True
                    told.add((place, detail["type"]))
                    yield _said(place, detail)
                    _mend(data, place, detail["type"])


def _mend(data: Any, place: Place, kind: str) -> None:
    *above, key = place or ("",)
    try:
        parent = reduce(lambda part, step: part[step], above, data)
        if kind == "extra_forbidden":
            del parent[key]
        elif key in _STAND_INS and isinstance(parent, dict):
            parent[key] = _STAND_INS[str(key)]
    except (KeyError, IndexError, TypeError):
        return  # a place that is no path, such as that of a key of the wrong kind


def _said(place: Place, detail: Any) -> tuple[Place, str]:
    key = place[-1] if place else ""
    match detail["type"]:
        case "extra_forbidden":
            near = get_close_matches(str(key), _KEYS, n=1)
            return (
                place,
                f"unknown key; {f'did you mean {near[0]}?' if near else 'take it out or correct its spelling'}",
            )
        case "missing":
            return place[:-1], f"the key {str(key)!r} is missing"
        case "string_type":
            return place, f"must be text; put it in quotes, for instance {key}: '...'" if key else "must be text"
        case _:
            return place, detail["msg"].removeprefix("Value error, ")


def _of_variables(data: Mapping[Any, Any], *, sound: bool) -> Iterator[tuple[Place, str]]:
    """Undeclared and unused variables, missing parts.

    What is missing is only told of a file that is `sound` otherwise: in another it may stand in what cannot be read.
    """
    variables, instructions, exemplar = (_mapping(data.get(key)) for key in ("variables", "instructions", "exemplar"))
    messages = data.get("messages")
    templates = [*_templates(messages, "messages")]
    templates += [(("instructions", kind), text) for kind, text in instructions.items() if isinstance(text, str)]
    used: set[str] = set()
    for place, text in templates:
        for name in dict.fromkeys(_names(text)):
            used.add(name)
            if name not in variables and (name, place[0]) != (INSTRUCTION, "messages"):
                yield (
                    place,
                    f"{{{name}}} is not declared under `variables` (declared: {', '.join(variables) or 'none'})",
                )
    for name in variables:
        if name in (INSTRUCTION, EXEMPLARS):
            yield ("variables", name), f"{name!r} is filled by the library; choose another name"
        elif sound and name not in used:
            yield ("variables", name), f"{name!r} is declared but never used; use it as {{{name}}} or take it out"
    if sound and instructions and INSTRUCTION not in used:
        yield ("instructions",), "no message says {instruction}, so these would never be sent"
    takes_exemplars = any(_mapping(message).get("placeholder") == EXEMPLARS for message in _items(messages))
    if sound and takes_exemplars != bool(exemplar):
        yield ("exemplar",), "`exemplar` and a message `placeholder: exemplars` go together; one is missing"
    for layout, parts in exemplar.items():
        for place, text in _templates(parts, "exemplar", layout):
            for name in dict.fromkeys(_names(text)):
                if name not in EXEMPLAR_VARIABLES:
                    yield place, f"{{{name}}} is nothing an example has; it has: {', '.join(EXEMPLAR_VARIABLES)}"


def _templates(messages: Any, *above: str) -> Iterator[tuple[Place, str]]:
    """Every template in the messages, with its place in the file, whatever else is wrong with them."""
    for index, message in enumerate(_items(messages)):
        parts: list[tuple[Place, Any]] = [((*above, index, "text"), _mapping(message).get("text"))]
        for number, block in enumerate(_items(_mapping(message).get("content"))):
            where: Place = (*above, index, "content", number)
            parts += [((*where, kind), _mapping(block).get(kind)) for kind in ("text", "image")]
        yield from ((place, text) for place, text in parts if isinstance(text, str))


def _names(text: str) -> list[str]:
    """Plain names in braces, also of a template that is wrong elsewhere."""
    try:
        return schema.template_variables(text)
    except ValueError:
        return re.findall(r"(?<!\{)\{([a-z][a-z0-9_]*)\}(?!\})", text)


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
