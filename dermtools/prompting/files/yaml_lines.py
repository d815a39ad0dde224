"""Reads YAML and remembers on which line each key stands, so that an error can name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from dermtools.errors import PromptError
from dermtools.prompting.files.schema import Place
from dermtools.text import one_line

MAX_DEPTH = 20
"""Lists and mappings inside each other."""

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; a prompt file needs six"


@dataclass(frozen=True)
class YamlDocument:
    """Plain data and the line (from 1) of every key and item in it."""

    data: Any
    lines: dict[Place, int]
    problems: list[tuple[int, str]]
    """Line and reason: an alias, which can blow up and is not followed; too many levels; a key that is no text, or is
    given twice, which hides a mistake."""

    def line(self, path: Sequence[str | int]) -> int:
        """Line of the deepest part of `path` that stands in the file."""
        above = (tuple(path[:length]) for length in range(len(path), -1, -1))
        return next((self.lines[place] for place in above if place in self.lines), 1)


def read_yaml(text: str, name: str) -> YamlDocument:
    """Read one YAML document of mappings, lists and scalars.

    Raises:
        PromptError: not YAML. Names file and line.
    """
    lines: dict[Place, int] = {}
    problems: list[tuple[int, str]] = []
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return YamlDocument(None, lines, problems)
        refused = _note_lines(node, (), lines, problems, set())
        return YamlDocument(None if refused else loader.construct_document(node), lines, problems)
    except RecursionError:
        raise PromptError(f"{name}:{loader.line + 1}: {_TOO_DEEP}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PromptError(f"{name}:{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise PromptError(f"{name}:1: not valid YAML: {' '.join(str(error).split())}") from error


def _note_lines(
    node: yaml.Node, path: Place, lines: dict[Place, int], problems: list[tuple[int, str]], seen: set[int]
) -> bool:
    """Note lines and problems; whether there is something of which no data may be made."""
    line = lines.setdefault(path, node.start_mark.line + 1)
    if len(path) >= MAX_DEPTH and not isinstance(node, yaml.ScalarNode):
        problems.append((line, _TOO_DEEP))
        return True
    if id(node) in seen:
        problems.append((line, "YAML aliases (*name) are not allowed in a prompt file; write the text out"))
        return True
    seen.add(id(node))
    refused = False
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            refused |= _note_lines(item, (*path, index), lines, problems, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                problems.append((line, "a key must be text, not a list or mapping"))
                return True
            if key.value in keys:
                problems.append((line, f"{one_line(key.value, 80)!r} is given twice; keep one"))
            keys.add(key.value)
            lines[(*path, key.value)] = line
            refused |= _note_lines(value, (*path, key.value), lines, problems, seen)
    return refused
