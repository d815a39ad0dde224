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

    def line(self, path: Sequence[str | int]) -> int:
        """Line of the deepest part of `path` that stands in the file."""
        above = (tuple(path[:length]) for length in range(len(path), -1, -1))
        return next((self.lines[place] for place in above if place in self.lines), 1)


def read_yaml(text: str, name: str) -> YamlDocument:
    """Read one YAML document of mappings, lists and scalars.

    Raises:
        PromptError: not YAML; an alias, which can blow up; a duplicate key, which hides a mistake. Names file and line.
    """
    lines: dict[Place, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return YamlDocument(None, lines)
        _note_lines(node, (), lines, name, set())
        return YamlDocument(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PromptError(f"{name}:{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise PromptError(f"{name}:1: not valid YAML: {' '.join(str(error).split())}") from error


def _note_lines(node: yaml.Node, path: Place, lines: dict[Place, int], name: str, seen: set[int]) -> None:
    line = lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        raise PromptError(f"{name}:{line}: YAML aliases (*name) are not allowed in a prompt file; write the text out")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*path, index), lines, name, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in keys:
                raise PromptError(f"{name}:{line}: {key.value!r} is given twice; keep one")
            if isinstance(key.value, str):
                keys.add(key.value)
                lines[(*path, key.value)] = line
                _note_lines(value, (*path, key.value), lines, name, seen)
