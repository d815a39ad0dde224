"""Names of the reference that say nothing of themselves: `python -m docs.generator build` stops where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import griffe

from docs.generator import carried, python_names
from docs.generator.fields import FieldDescriptions


def undocumented() -> list[str]:
    """Dotted places of public classes, functions, methods, properties and fields without a word on what they are.

    A field may be described by its docstring, its value (see `fields`), or its name in the docstring of its class.
    """
    source = griffe.load(
        "dermtools", search_paths=[str(carried.ROOT)], extensions=griffe.load_extensions(FieldDescriptions)
    )
    offered = {home for package in python_names.packages() for home in python_names.names(package).values()}
    return [path for home in sorted(offered) for path in silent(source[home.removeprefix("dermtools.")])]


def silent(one: griffe.Object | griffe.Alias) -> Iterator[str]:
    """The place of `one` if it says nothing, and those of its members that say nothing."""
    text = one.docstring.value if one.docstring else ""
    if not text:
        yield one.path
    for name, member in one.members.items() if one.is_class else ():
        if name.startswith("_") or name in python_names.NOT_LISTED or member.is_alias or member.has_docstring:
            continue
        # By `name`, or in a list of them before a colon, as arguments are.
        named = member.is_attribute and re.search(rf"`{name}`|^\s*(?:\w+, )*{name}(?:, \w+)*:", text, re.MULTILINE)
        if not named or "property" in member.labels:
            yield member.path
