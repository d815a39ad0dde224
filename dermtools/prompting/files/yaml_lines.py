"""Reads YAML and remembers on which line each key stands, so that an error can name it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from dermtools.errors import PromptError
from dermtools.prompting.files.schema import Place


@dataclass(frozen=True)
class YamlDocument:
    """Plain data and the line (from 1) of every key and item in it."""

    data: Any
    lines: dict[Place, int]
    problems: list[tuple[int, str]]
    """Line and reason: an alias, which can blow up and is not followed; a key given twice, which hides a mistake."""

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
        aliased = _note_lines(node, (), lines, problems, set())
        return YamlDocument(None if aliased else loader.construct_document(node), lines, problems)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PromptError(f"{name}:{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise PromptError(f"{name}:1: not valid YAML: {' '.join(str(error).split())}") from error


def _note_lines(
    node: yaml.Node, path: Place, lines: dict[Place, int], problems: list[tuple[int, str]], seen: set[int]
) -> bool:
    """Note lines and problems; whether there is an alias."""
    line = lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        problems.append((line, "YAML aliases (*name) are not allowed in a prompt file; write the text out"))
        return True
    seen.add(id(node))
    aliased = False
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            aliased |= _note_lines(item, (*path, index), lines, problems, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in keys:
                problems.append((line, f"{key.value!r} is given twice; keep one"))
            if isinstance(key.value, str):
                keys.add(key.value)
                lines[(*path, key.value)] = line
                aliased |= _note_lines(value, (*path, key.value), lines, problems, seen)
    return aliased
