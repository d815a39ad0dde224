"""Fixtures for the tests of search."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.columns import CaseColumns, StoredCase, schema, to_arrow
from dermtools.retrieval import CaseBase


def _case_columns(
    cases: Sequence[Case], content_hashes: Sequence[str] | None = None, tasks: Sequence[str] = ()
) -> CaseColumns:
    """Columns as a store would give them."""
    tasks = sorted({*tasks, *(task for case in cases for task in case.labels)})
    hashes = content_hashes or [f"hash-{case.case_id}" for case in cases]
    rows = [
        StoredCase(case, content, np.zeros(1, np.float32), b"", 64, 64, bytes(32))
        for case, content in zip(cases, hashes, strict=True)
    ]
    return CaseColumns.held(1, tasks, to_arrow(rows, schema(tasks, 1)))


@pytest.fixture(scope="session")
def case_columns() -> Callable[..., CaseColumns]:
    """Makes a small case table without a store: `case_columns(cases, content_hashes=None)`."""
    return _case_columns


def photograph_like(seed: int, *, side: int = 96) -> Image.Image:
    """A picture of soft random colours; two seeds give pictures that nobody would take for one."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def small_source() -> SourceData:
    """18 cases of 9 patients: two pictures each, four sites, ages for most."""
    sites = ("arm", "back", "face", "neck")
    cases = []
    for i in range(18):
        patient, split = i // 2, ("train", "train", "test")[i // 2 % 3]
        case = Case(
            case_id=f"c{i:02d}",
            group_id=f"p{patient}",
            split=split,
            labels={"site": (sites[patient % 4],) if i % 5 else (sites[patient % 4], "scalp")},
            attributes={"age": 30 + i} if i % 4 else {},
        )
        png = io.BytesIO()
        photograph_like(i).save(png, "PNG")
        cases.append(SourceCase(case, png.getvalue()))
    task = Task(name="site", question="Which site?", labels=(*sites, "scalp"))
    return SourceData(name="small", tasks=(task,), cases=tuple(cases))


@pytest.fixture
def small_base(tmp_path: Path, small_source: SourceData) -> CaseBase:
    """A case base of `small_source`, of the test's own."""
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    case_base.add(small_source)
    return case_base


@pytest.fixture(scope="session")
def shared_base(tmp_path_factory: pytest.TempPathFactory, small_source: SourceData) -> CaseBase:
    """As `small_base`, one for all tests that do not write it."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("shared") / "base", embedder="descriptor")
    case_base.add(small_source)
    return case_base
