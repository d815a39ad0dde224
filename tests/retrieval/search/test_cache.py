"""The index on disk saves time and never decides what is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases.store import CaseStore
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search import cache
from dermtools.retrieval.search.index import FlatIndex
from dermtools.retrieval.search.snapshot import Snapshot


def cached(case_base: CaseBase) -> Path:
    (path,) = (case_base.path / "cache").iterdir()
    return path


def found(path: Path) -> list[tuple[str, float]]:
    return [(n.case.case_id, n.distance) for n in CaseBase.open(path).search(case_id="c03", k=18)]


def test_the_second_opening_maps_the_kept_index(small_base: CaseBase, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = found(small_base.path)
    before = cached(small_base).stat().st_mtime_ns

    def never(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(FlatIndex, "build", never)
    assert found(small_base.path) == expected
    assert cached(small_base).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no index at all"),
        lambda path: path.write_bytes(path.read_bytes()[:-1000]),
        lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0"),
        lambda path: path.unlink(),
        lambda path: shutil.rmtree(path.parent),
    ],
    ids=["empty", "text", "cut off", "one number changed", "gone", "folder gone"],
)
def test_a_damaged_or_missing_cache_is_rebuilt(small_base: CaseBase, damage: Callable[[Path], object]) -> None:
    expected = found(small_base.path)
    whole = cached(small_base).read_bytes()
    damage(cached(small_base))
    assert found(small_base.path) == expected
    assert cached(small_base).read_bytes() == whole


def test_an_index_with_the_right_name_that_faiss_cannot_read_is_rebuilt(small_base: CaseBase) -> None:
    import zlib

    expected = found(small_base.path)
    path = cached(small_base)
    content = b"not an index"
    path.rename(path.with_name("-".join(path.stem.split("-")[:2]) + f"-{zlib.crc32(content):08x}.faiss")).write_bytes(
        content
    )
    assert found(small_base.path) == expected


def test_a_new_version_replaces_the_kept_index(small_base: CaseBase) -> None:
    found(small_base.path)
    before = cached(small_base).name
    small_base.delete(["c17"])
    assert len(found(small_base.path)) == 15
    assert cached(small_base).name != before


def test_a_case_base_made_anew_in_the_same_place_does_not_meet_the_old_index(
    small_base: CaseBase, tmp_path: Path
) -> None:
    found(small_base.path)
    kept = cached(small_base)
    other = CaseBase.create(tmp_path / "other", embedder="descriptor")
    (other.path / "cache").mkdir()
    shutil.copy(kept, other.path / "cache" / kept.name)
    assert len(CaseBase.open(other.path)) == 0
    assert len(CaseBase.open(other.path).snapshot.index) == 0


def test_a_place_that_cannot_be_written_goes_without_a_cache(small_base: CaseBase) -> None:
    expected = found(small_base.path)
    shutil.rmtree(small_base.path / "cache")
    (small_base.path / "cache").write_text("a file where the folder should be")
    assert found(small_base.path) == expected


def test_an_index_kept_open_survives_the_next_version(small_base: CaseBase) -> None:
    found(small_base.path)
    reader = Snapshot.load(CaseStore.open(small_base.path))
    expected = reader.index.vectors.copy()
    small_base.delete(["c17"])
    found(small_base.path)
    assert np.array_equal(reader.index.vectors, expected)


def test_other_labels_leave_the_kept_index(small_base: CaseBase) -> None:
    found(small_base.path)
    before = cached(small_base)
    task = small_base.tasks[0]
    case = small_base.cases()[0]
    other = next(label for label in task.labels if (label,) != case.labels[task.name])
    small_base.relabel({case.case_id: {task.name: [other]}})
    again = CaseBase.open(small_base.path)
    assert again.case(case.case_id).labels[task.name] == (other,)
    assert len(again.search(case_id="c03")) == 5
    assert cached(small_base) == before


def test_a_large_file_is_known_by_its_length_its_ends_and_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "WHOLE", 1000)
    monkeypatch.setattr(cache, "SAMPLES", 8)
    monkeypatch.setattr(cache, "SAMPLED", 16)
    path = tmp_path / "x"
    content = bytes(np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8))

    def check(changed: bytes) -> str:
        path.write_bytes(changed)
        return cache.checksum(path)

    whole = check(content)
    assert check(content) == whole
    assert check(content[:-1]) != whole
    assert check(content[:-16] + b"\0" * 16) != whole
    assert check(b"\0" * 16 + content[16:]) != whole
    assert check(content[:1000] + b"\0" * 1000 + content[2000:]) != whole
