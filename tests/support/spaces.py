"""A small store with a further space, rows of both, and whether bytes are anywhere on the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dermtools.cases import CaseStore, EmbedderIdentity, StoredCase
from dermtools.cases.case import Case
from tests.support.stored_cases import new_store, stored

OTHER = EmbedderIdentity(name="other", revision="1", preprocessing="none", dimension=5, normalized=False)


def other_vector(number: int) -> np.ndarray:
    return np.random.default_rng(1000 + number).standard_normal(5, dtype=np.float32)


def bare(number: int) -> StoredCase:
    """The row of case `number` in the further space."""
    case = Case(case_id=f"case{number}", group_id=f"case:case{number}")
    row = replace(stored(number), case=case, jpeg=b"", width=0, height=0, picture_hash=None)
    return replace(row, vector=other_vector(number))


def store_with_space(path: Path, count: int, embedded: int | None = None) -> tuple[CaseStore, CaseStore]:
    """A store of `count` cases, and its space, where the first `embedded` of them are."""
    store = new_store(path, count)
    space = CaseStore.create(path / "spaces" / "other", embedder_spec="other", identity=OTHER)
    space.add([bare(number) for number in range(count if embedded is None else embedded)])
    return store, space


def on_disk(folder: Path, content: bytes) -> bool:
    return any(content in path.read_bytes() for path in folder.rglob("*") if path.is_file())
