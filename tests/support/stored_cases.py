"""A small case base of made-up rows, and a check that a store holds given rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dermtools.cases import Case, CaseStore, EmbedderIdentity, SourceNote, StoredCase, Task
from dermtools.cases.edits import Edit, edit
from dermtools.images.picture_hash import NO_HASH

DIMENSION = 8
IDENTITY = EmbedderIdentity(name="colour", revision="1", preprocessing="none", dimension=DIMENSION, normalized=False)
TASKS = (
    Task(name="location", question="Where?", labels=("face", "hand")),
    Task(name="Diagnosis_2", question="What?", labels=("naevus", "o'dd")),
)
ICD = Task(name="icd", question="Which code?", labels=("L20", "L40"))


def stored(number: int, **changes: object) -> StoredCase:
    case = {
        "case_id": f"case{number}",
        "group_id": f"group{number // 2}",
        "split": ("train", "valid", "test", None)[number % 4],
        "labels": {"location": ("face", "hand")[: number % 3]} if number % 3 else {},
        "attributes": {"age": number, "ratio": 0.5, "smoker": number % 2 == 0, "sex": "ü'"} if number % 2 else {},
    }
    vector = np.random.default_rng(number).standard_normal(DIMENSION, dtype=np.float32)
    case |= changes
    return StoredCase(
        Case(**case), f"{number:064x}", vector, b"jpeg%d" % number, 640 + number, 480, number.to_bytes(32)
    )


def new_store(path: Path, count: int = 0) -> CaseStore:
    store = CaseStore.create(path, embedder_spec="colour", identity=IDENTITY, tasks=TASKS)
    store.add([stored(number) for number in range(count)])
    return store


def check_holds(store: CaseStore, rows: list[StoredCase]) -> None:
    columns, vectors = store.columns_and_vectors()
    assert len(store) == len(columns) == len(rows)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    for row in rows:
        number = columns.row_of[row.case.case_id]
        assert columns.case(number) == row.case
        assert columns.content_hashes[number] == row.content_hash
        assert (columns.widths[number], columns.heights[number]) == (row.width, row.height)
        assert np.array_equal(vectors[number], row.vector)
        assert columns.picture_hashes[number].tobytes() == (row.picture_hash or NO_HASH)
    ids = [row.case.case_id for row in rows]
    assert list(store.jpegs(ids).items()) == [(row.case.case_id, row.jpeg) for row in rows]


def grown(store: CaseStore) -> Edit:
    """An edit that changes rows and every part of the manifest that goes with them."""
    cells = {"label_icd": [["L20"], ["L40"]], "split": ["test", None]}
    return edit(
        store,
        "relabel",
        "2 cases",
        2,
        lambda table: table.set_cells(["case1", "case2"], cells),
        tasks=(*TASKS, ICD),
        sources=(SourceNote(name="clinic"),),
        shown=("age",),
    )
