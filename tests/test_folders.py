"""Granted folders: what is read in them, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dermtools.errors import DermtoolsError, ImageError
from dermtools.folders import FolderGrant, NotGrantedError, read_granted


@pytest.fixture
def granted(tmp_path: Path) -> FolderGrant:
    folder = tmp_path / "granted"
    folder.mkdir()
    (folder / "picture.jpg").write_bytes(b"harmless")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return FolderGrant(folder)


def test_a_file_is_read_by_its_absolute_and_by_its_relative_path(granted: FolderGrant) -> None:
    for reference in ("picture.jpg", "./picture.jpg", str(granted.root / "picture.jpg")):
        assert read_granted([granted], reference, 100) == b"harmless"


@pytest.mark.parametrize("reference", ["../secret.jpg", "//host/x.jpg", "\\\\host\\x.jpg", "x\0.jpg", "/etc/passwd"])
def test_what_may_not_be_followed_is_refused(granted: FolderGrant, reference: str) -> None:
    with pytest.raises(NotGrantedError, match="not allowed"):
        read_granted([granted], reference, 100)


@pytest.mark.parametrize("reference", ["nothing.jpg", "picture.jpg/x", "x" * 5000, "lone \ud800.jpg"], ids=ascii)
def test_what_is_no_file_is_said_to_be_none(granted: FolderGrant, reference: str) -> None:
    with pytest.raises(NotGrantedError, match="no such file"):
        read_granted([granted], reference, 100)


def test_a_file_that_is_too_large_is_refused_unread(granted: FolderGrant) -> None:
    with pytest.raises(ImageError, match="8 bytes are more than the 7 allowed") as caught:
        read_granted([granted], "picture.jpg", 7)
    assert not isinstance(caught.value, NotGrantedError)


def test_a_file_swapped_for_a_link_while_it_is_opened_is_refused(
    granted: FolderGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of the path and its opening, an attacker replaces the file."""
    victim = granted.root / "picture.jpg"
    honest = os.path.realpath

    def realpath(path: Any, **options: Any) -> str:
        answer = honest(path, **options)
        victim.unlink()
        victim.symlink_to(granted.root.parent / "secret.jpg")
        return answer

    monkeypatch.setattr(os.path, "realpath", realpath)
    with pytest.raises(ImageError, match="cannot be read"):
        read_granted([granted], "picture.jpg", 100)


def test_a_folder_that_is_not_there_cannot_be_granted(tmp_path: Path) -> None:
    with pytest.raises(DermtoolsError, match="no folder"):
        FolderGrant(tmp_path / "missing")
