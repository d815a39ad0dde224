"""Synthetic cases to learn from: clusters of vectors, several cases a group."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.adapter import LabelledVectors, TaskData
from dermtools.cases import Case, CaseStore, EmbedderIdentity, StoredCase, Task

DIMENSION = 16
LABELS = ("angry", "burnt", "calm")


def make_cases(
    name: str, n: int, *, spread: float = 1.0, labels: tuple[str, ...] = LABELS, per_group: int = 2
) -> LabelledVectors:
    """Clusters around fixed centres, one a label; `name` is the seed and the prefix of the ids."""
    centres = 2.0 * np.random.default_rng(0).normal(size=(len(LABELS), DIMENSION))
    rng = np.random.default_rng(list(name.encode()))
    column = np.array([LABELS.index(labels[i % len(labels)]) for i in range(n)], dtype=int)
    vectors = centres[column] + spread * rng.normal(size=(n, DIMENSION))
    return LabelledVectors(
        vectors.astype(np.float32),
        [(LABELS[c],) for c in column],
        [f"{name}-{i}" for i in range(n)],
        [f"{name}-group-{i // per_group}" for i in range(n)],
    )


@pytest.fixture
def cases() -> Callable[..., LabelledVectors]:
    return make_cases


@pytest.fixture
def identity() -> EmbedderIdentity:
    return EmbedderIdentity(name="made-up", revision="1", preprocessing="none", dimension=DIMENSION, normalized=False)


@pytest.fixture
def data() -> TaskData:
    """Ninety train cases, and enough validation for two parts."""
    return TaskData("mood", LABELS, make_cases("train", 90, spread=4.0), make_cases("valid", 120, spread=4.0), 1)


@pytest.fixture
def make_store(tmp_path: Path, identity: EmbedderIdentity) -> Callable[..., CaseStore]:
    """A case base on disk from cases by split."""

    def make(name: str = "base", identity: EmbedderIdentity = identity, **splits: LabelledVectors) -> CaseStore:
        store = CaseStore.create(
            tmp_path / name,
            embedder_spec="made-up",
            identity=identity,
            tasks=[Task(name="mood", question="Which mood?", labels=LABELS)],
        )
        picture = io.BytesIO()
        Image.new("RGB", (8, 8)).save(picture, "JPEG")
        store.add(
            [
                StoredCase(
                    case=Case(case_id=case_id, group_id=group_id, split=split, labels={"mood": labels}),
                    content_hash=f"{index:064x}{split}",
                    vector=vector,
                    jpeg=picture.getvalue(),
                    width=8,
                    height=8,
                )
                for split, part in splits.items()
                for index, (case_id, group_id, labels, vector) in enumerate(
                    zip(part.case_ids, part.group_ids, part.labels, part.vectors, strict=True)
                )
            ]
        )
        return store

    return make
