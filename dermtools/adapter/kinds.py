"""The kinds of classifier. A new one is a `VectorModel` and its line in `KINDS`."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, Any, Literal

from dermtools.errors import TrainingError

if TYPE_CHECKING:
    from dermtools.adapter.vector_model import VectorModel

KINDS: dict[str, str] = {
    "adapter": "dermtools.adapter.adapter_model:AdapterModel",
    "linear-probe": "dermtools.adapter.linear_probe:LinearProbe",
}
"""Name to `module:class`, imported when used: the command line lists the names without loading torch."""

if TYPE_CHECKING:
    Kind = str
    """Name of a kind of trained classifier."""
else:
    Kind = Literal[tuple(KINDS)]


def model_class(kind: str) -> type[VectorModel[Any]]:
    """The class of a kind; TrainingError where there is no such kind."""
    if kind not in KINDS:
        raise TrainingError(f"unknown kind of classifier {kind!r}; there are: {', '.join(KINDS)}")
    found: type[VectorModel[Any]] = pkgutil.resolve_name(KINDS[kind])
    return found
