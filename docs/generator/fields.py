"""What is said of a field inside `Field(description=...)` or `field(metadata={"doc": ...})`, as its docstring.

An extension of griffe, which mkdocs.yml names: without it the reference would pass over what these say.
"""

from __future__ import annotations

import ast
from typing import Any

import griffe

_SAYING = ("description", "doc")


class FieldDescriptions(griffe.Extension):
    """Gives a field of a class without a docstring what its value says of it."""

    def on_attribute_instance(self, *, node: Any, attr: griffe.Attribute, **_: Any) -> None:
        """Called by griffe for every attribute that it has read."""
        if not attr.has_docstring and isinstance(node, ast.AnnAssign) and (said := _said(node)):
            attr.docstring = griffe.Docstring(f"{said[0].upper()}{said[1:]}.", lineno=node.lineno, parent=attr)
            if isinstance(node.value, ast.Call):
                attr.value = next((ast.unparse(one.value) for one in node.value.keywords if one.arg == "default"), None)


def _said(node: ast.AnnAssign) -> str | None:
    """The text in the value, or in `Annotated`."""
    for part in ast.walk(node):
        pairs = [(one.arg, one.value) for one in part.keywords] if isinstance(part, ast.Call) else []
        if isinstance(part, ast.Dict):
            pairs = [(getattr(key, "value", None), value) for key, value in zip(part.keys, part.values, strict=True)]
        for name, value in pairs:
            if name in _SAYING and isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value.rstrip(".")
    return None
