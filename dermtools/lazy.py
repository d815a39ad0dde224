"""Names that a package offers and that are imported when they are first used.

A package lists its names once, as imports below `if TYPE_CHECKING`, where type checkers and editors read them:

    if TYPE_CHECKING:
        from dermtools.retrieval.case_base import CaseBase as CaseBase

    __getattr__, __dir__, __all__ = exports(__name__)

So `import dermtools` loads neither torch nor LangChain, and completion still knows every name (PEP 562).
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def exports(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` for a package whose names stand below `if TYPE_CHECKING`."""
    module = sys.modules[package]
    homes = _homes(Path(str(module.__file__)))

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(module, name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(module), *homes})

    return load, names, sorted(homes)


def _homes(path: Path) -> dict[str, str]:
    """Name to the module that defines it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}
