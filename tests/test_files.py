"""Paths as people type them: addresses are said back as typed, and what cannot be written is known before the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.errors import CaseBaseError, DermtoolsError
from dermtools.files import local_path, writable


@pytest.mark.parametrize(
    "address", ["s3://bucket/x", "gs://b", "az://a/b?c", "http://x.org/a.csv", "S3://B", "hf://d/x"]
)
def test_an_address_is_refused_as_it_was_typed(address: str) -> None:
    for given in (address, Path(address)):
        with pytest.raises(CaseBaseError, match="only local folders and files") as caught:
            local_path(given, CaseBaseError)
        assert str(caught.value).startswith(address + ":")


@pytest.mark.parametrize(
    "path", ["base", "./a:b/c", "C:/photos", "C:\\photos", "/tmp/a://b", "~/x", "a b", "ü:x", "1:/x"]
)
def test_a_path_stays_what_it_is(path: str) -> None:
    assert local_path(path) == Path(path)


def test_a_folder_that_is_called_like_a_scheme_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s3:" / "x").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert local_path("s3:/x") == Path("s3:/x")


def test_what_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("before")
    assert writable(tmp_path / "page.html") == tmp_path / "page.html"
    assert writable(tmp_path / "new" / "deep" / "page.html").name == "page.html"
    assert writable(tmp_path / "run", folder=True) == tmp_path / "run"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "before"


@pytest.mark.parametrize(
    ("place", "folder"),
    [("file/page.html", False), ("file", True), ("file/run", True), ("folder", False), ("link/page.html", False)],
)
def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path, place: str, folder: bool) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(CaseBaseError, match=r"cannot write .*; choose a folder that can be written") as caught:
        writable(tmp_path / place, folder=folder, error=CaseBaseError)
    assert str(tmp_path / place) in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that nobody can write")
@pytest.mark.parametrize("place", ["/proc/page.html", "/proc/new/deep/page.html", "/sys/page.html"])
def test_even_root_cannot_write_there(place: str) -> None:
    for folder in (False, True):
        with pytest.raises(DermtoolsError, match=f"cannot write {place}"):
            writable(place, folder=folder)
