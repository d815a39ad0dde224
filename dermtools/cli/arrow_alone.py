"""PyArrow without pandas, which it imports where it is installed and commands over one case base do not need: 0.25 s.

While its data sets are imported, PyArrow looks for pandas once, to know its objects where it is given some. These
commands give it none. Who calls `to_pandas` later has it all the same: PyArrow then looks again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _ArrowAlone(MetaPathFinder):
    """Finds no pandas for the data sets of PyArrow, and is asked before those that find it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "pandas" and _arrow_asks():
            raise ModuleNotFoundError("pandas is not looked for here", name=name)
        return None


def _arrow_asks() -> bool:
    """Whether the calling thread is importing PyArrow's data sets."""
    frame = sys._getframe()
    while (before := frame.f_back) is not None:
        frame = before
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") == "pyarrow.dataset":
            return True
    return False


def leave_pandas() -> None:
    """From now on, and in this process alone."""
    if not any(isinstance(finder, _ArrowAlone) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ArrowAlone())
