"""What a case is, where cases come from, and the store on disk."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dermtools.cases.case import SPLITS, AttributeValue, Case, Problem, SourceCase, SourceData, Split, Task
from dermtools.cases.sources import SourceOptions, load_source
from dermtools.cases.splits import SplitAssignment, assign_splits

if TYPE_CHECKING:
    from dermtools.cases.columns import CaseColumns, StoredCase
    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.cases.manifest import Manifest, SourceNote
    from dermtools.cases.store import CaseStore

__all__ = [
    "SPLITS",
    "AttributeValue",
    "Case",
    "CaseColumns",
    "CaseStore",
    "EmbedderIdentity",
    "Manifest",
    "Problem",
    "SourceCase",
    "SourceData",
    "SourceNote",
    "SourceOptions",
    "Split",
    "SplitAssignment",
    "StoredCase",
    "Task",
    "assign_splits",
    "load_source",
]

# The store needs NumPy and Pillow; reading a source does not.
_LAZY = {
    "CaseColumns": "columns",
    "CaseStore": "store",
    "EmbedderIdentity": "identity",
    "Manifest": "manifest",
    "SourceNote": "manifest",
    "StoredCase": "columns",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
