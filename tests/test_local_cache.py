"""What this machine keeps of case bases on object stores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dermtools.errors import CaseBaseError
from dermtools.local_cache import LocalCache, cache_root, most_bytes


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DERMTOOLS_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def _fetch(case_ids: Sequence[str]) -> dict[str, bytes]:
    return {case_id: case_id.encode() * 100 for case_id in case_ids}


def _none(case_ids: Sequence[str]) -> dict[str, bytes]:
    raise AssertionError(f"fetched again: {case_ids}")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_pictures_come_in_order_and_are_fetched_once_a_version() -> None:
    cache = LocalCache("s3://b/x")
    cache.prepare()
    assert list(cache.pictures("1", ["b", "a"], _fetch).items()) == [("b", b"b" * 100), ("a", b"a" * 100)]
    assert LocalCache("s3://b/x").pictures("1", ["a", "b"], _none) == {"a": b"a" * 100, "b": b"b" * 100}
    assert LocalCache("s3://b/y").pictures("1", ["a"], lambda _: {"a": b"other"}) == {"a": b"other"}
    assert cache.pictures("2", ["a"], lambda _: {"a": b"new"}) == {"a": b"new"}
    assert sum(path.is_dir() for path in (cache.folder / "pictures").iterdir()) == 1  # of one version


def test_it_is_its_owners_only(place: Path) -> None:
    cache = LocalCache("s3://b/x")
    cache.prepare()
    cache.pictures("1", ["a"], _fetch)
    for path in (*place.rglob("*"),):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_was_used_longest_ago_goes_but_never_a_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = LocalCache("s3://b/old"), LocalCache("s3://b/new")
    for cache in (old, new):
        cache.prepare()
        for name in ("cache", "adapters/task/kind"):
            (cache.folder / name).mkdir(parents=True)
        (cache.folder / "cache" / "index").write_bytes(b"i" * 5000)
        (cache.folder / "adapters" / "task" / "kind" / "adapter.json").write_bytes(b"{}")
    os.utime(old.folder / "cache" / "index", (1, 1))
    monkeypatch.setenv("DERMTOOLS_CACHE_BYTES", "8000")
    LocalCache("s3://b/new").prepare()
    assert not (old.folder / "cache" / "index").exists()
    assert (new.folder / "cache" / "index").exists()
    assert all((one.folder / "adapters" / "task" / "kind" / "adapter.json").exists() for one in (old, new))


def test_pictures_stay_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERMTOOLS_CACHE_BYTES", "3000")
    cache = LocalCache("s3://b/x")
    cache.prepare()
    ids = [f"{number:03}" for number in range(40)]
    for case_id in ids:
        assert cache.pictures("1", [case_id], _fetch) == _fetch([case_id])
        assert _size(cache.folder) <= 2 * 3000
    cache.make_room()
    assert 0 < _size(cache.folder) <= 3000


def test_a_place_that_cannot_be_written_is_done_without(place: Path) -> None:
    place.write_text("a file")
    cache = LocalCache("s3://b/x")
    cache.prepare()
    assert cache.pictures("1", ["a"], _fetch) == _fetch(["a"])


def test_the_environment_says_where_and_how_much(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_root() == place / "case-bases"
    assert most_bytes() == 5_000_000_000
    monkeypatch.setenv("DERMTOOLS_CACHE_BYTES", "5GB")
    with pytest.raises(CaseBaseError, match="whole number of bytes"):
        most_bytes()
    monkeypatch.delenv("DERMTOOLS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    assert cache_root().is_relative_to(place) or os.name == "nt"
