"""The f-string templates of prompt files: `{name}` and nothing cleverer."""

from __future__ import annotations

import re
from string import Formatter

_NAME = re.compile(r"[a-z][a-z0-9_]*")
INSTRUCTION = "instruction"


def template_variables(text: str) -> list[str]:
    """Names in `{braces}`, in order, repeated ones repeated; `{{` and `}}` are literal braces.

    Raises:
        ValueError: unbalanced braces, or anything in braces that is not a plain lower-case name.
    """
    names = []
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; write literal braces twice: {{{{ }}}}") from error
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if spec or conversion or not _NAME.fullmatch(name):
            raise ValueError(
                f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}} is not a plain "
                "variable like {labels}; write literal braces twice: {{ }}"
            )
        names.append(name)
    return names


def with_instruction(text: str, instruction: str) -> str:
    """Replace `{instruction}` by the method's own text, itself a template, and close the gap if it is empty."""
    text = re.sub(r"(?<!\{)\{" + INSTRUCTION + r"\}(?!\})", lambda _: instruction.strip(), text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
