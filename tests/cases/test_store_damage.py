"""A damaged case base is refused with one clear line, whenever the damage is seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import StoredCase
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import MANIFEST_NAME
from dermtools.cases.store import CaseStore
from dermtools.errors import CaseBaseError, QueryError

DIMENSION = 8


def new_base(path: Path, count: int) -> Path:
    identity = EmbedderIdentity(name="colour", revision="1", preprocessing="-", dimension=DIMENSION, normalized=False)
    task = Task(name="location", question="Where?", labels=("face", "hand"))
    store = CaseStore.create(path, embedder_spec="colour", identity=identity, tasks=[task])
    vectors = np.random.default_rng(0).standard_normal((count, DIMENSION), dtype=np.float32)
    cases = [
        Case(case_id=f"case{n}", group_id=f"g{n}", labels={"location": ("hand",)}, attributes={"age": n})
        for n in range(count)
    ]
    store.add([StoredCase(cases[n], f"{n:064x}", vectors[n], b"jpeg%d" % n, 640, 480) for n in range(count)])
    return path


def data_files(path: Path) -> list[Path]:
    return sorted((path / "cases.lance" / "data").iterdir())


def remove_table(path: Path) -> None:
    (path / "cases.lance").rename(path.parent / "elsewhere")


def cut_versions(path: Path) -> None:
    for file in (path / "cases.lance" / "_versions").iterdir():
        os.truncate(file, 20)


def remove_versions(path: Path) -> None:
    for file in (path / "cases.lance" / "_versions").iterdir():
        file.unlink()


def table_of_another_dimension(path: Path) -> None:
    text = (path / MANIFEST_NAME).read_text()
    (path / MANIFEST_NAME).write_text(text.replace(f'"dimension": {DIMENSION}', '"dimension": 9'))


def task_without_a_column(path: Path) -> None:
    text = (path / MANIFEST_NAME).read_text()
    (path / MANIFEST_NAME).write_text(text.replace('"location"', '"Location"'))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (remove_table, "table of cases is missing"),
        (remove_versions, "table of cases is missing"),
        (cut_versions, "damaged"),
        (table_of_another_dimension, "does not match its data: column vector"),
        (task_without_a_column, "does not match its data: no column label_Location"),
    ],
)
def test_damage_seen_at_opening_is_refused(tmp_path: Path, damage: Callable[[Path], None], reason: str) -> None:
    path = new_base(tmp_path / "base", 3)
    damage(path)
    with pytest.raises(CaseBaseError, match=reason) as caught:
        CaseStore.open(path)
    assert "\n" not in str(caught.value)


def delete_data(file: Path) -> None:
    file.unlink()


def halve_data(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty_data(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize("damage", [delete_data, halve_data, empty_data])
@pytest.mark.parametrize("read", [CaseStore.columns, CaseStore.vectors, lambda store: store.jpegs(["case1"])])
def test_damage_seen_only_at_reading_is_refused(
    tmp_path: Path, damage: Callable[[Path], None], read: Callable[[CaseStore], object]
) -> None:
    path = new_base(tmp_path / "base", 3)
    damage(data_files(path)[0])
    store = CaseStore.open(path)
    with pytest.raises(CaseBaseError, match="is damaged") as caught:
        read(store)
    assert "\n" not in str(caught.value)
    assert ".rs" not in str(caught.value)


def refusal_of_reading(path: Path) -> str:
    try:
        store = CaseStore.open(path)
        store.columns_and_vectors()
        store.jpegs(store.columns().case_ids)
    except (CaseBaseError, QueryError) as error:
        return str(error)
    return ""


@given(seed=st.integers(0, 2**32), start=st.floats(0, 1), share=st.floats(0.01, 1))
@settings(max_examples=40, deadline=None)
def test_garbled_data_is_read_or_refused_but_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, seed: int, start: float, share: float
) -> None:
    path = new_base(tmp_path_factory.mktemp("garbled") / "base", 40)
    file = data_files(path)[0]
    content = bytearray(file.read_bytes())
    where = slice(int(start * len(content)), int((start + share) * len(content)))
    content[where] = np.random.default_rng(seed).bytes(len(content[where]))
    file.write_bytes(content)
    assert "\n" not in refusal_of_reading(path)
