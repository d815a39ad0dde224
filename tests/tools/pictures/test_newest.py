"""The newest picture files of granted folders: which are listed, under which names, and that these names lead back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dermtools.errors import ImageError
from dermtools.tools import ImageGrants
from dermtools.tools.pictures import newest
from dermtools.tools.pictures.newest import newest_pictures


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "anna" / "Downloads"
    folder.mkdir(parents=True)
    return folder


def _file(folder: Path, name: str, age: float = 0, content: bytes = b"x") -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (1_800_000_000 - age,) * 2)
    return path


def _names(grants: ImageGrants, count: int = 50) -> list[str]:
    return [one.file for one in newest_pictures(grants, count)[0]]


def test_newest_come_first_with_time_and_size_and_no_more_than_asked_for(downloads: Path) -> None:
    for age, name in enumerate(["c.jpg", "a.PNG", "b.heic"]):
        _file(downloads, name, age, b"x" * (age + 1))
    found, notes = newest_pictures(ImageGrants.allow(folders=[downloads]), 2)
    assert [(one.file, one.size) for one in found] == [("Downloads/c.jpg", 1), ("Downloads/a.PNG", 2)]
    assert found[0].modified.isoformat() == "2027-01-15T08:00:00+00:00"
    assert notes == []


def test_only_files_that_end_as_pictures_do_and_are_not_hidden(downloads: Path, tmp_path: Path) -> None:
    for name in ("letter.pdf", ".hidden.jpg", "._mac.jpg", "jpg", "good.jpg"):
        _file(downloads, name)
    (downloads / "folder.jpg").mkdir()
    _file(downloads / "folder.jpg", "deep.jpg")
    outside = _file(tmp_path, "secret.jpg")
    (downloads / "link.jpg").symlink_to(outside)
    (downloads / "broken.jpg").symlink_to(tmp_path / "gone.jpg")
    os.mkfifo(downloads / "pipe.jpg")
    assert _names(ImageGrants.allow(folders=[downloads])) == ["Downloads/good.jpg"]


def test_a_name_that_would_not_read_back_is_counted_and_not_shown(downloads: Path) -> None:
    for name in ("a\nb.jpg", "a\u202eb.jpg", "a  b.jpg"):
        _file(downloads, name)
    (Path(os.fsdecode(os.fsencode(downloads) + b"/\xff.jpg"))).write_bytes(b"x")
    found, notes = newest_pictures(ImageGrants.allow(folders=[downloads]), 9)
    assert found == []
    assert notes == ["4 files of Downloads left out: the name cannot be shown"]


def test_folders_of_one_name_are_told_apart_and_each_name_leads_to_its_file(tmp_path: Path) -> None:
    folders = [tmp_path / part / "photos" for part in ("one", "two")]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        _file(folder, "x.jpg", number, str(number).encode())
    grants = ImageGrants.allow(folders=folders)
    assert _names(grants) == ["photos/x.jpg", "photos-2/x.jpg"]
    assert [grants.read_file(name) for name in _names(grants)] == [b"0", b"1"]
    with pytest.raises(ImageError, match="several granted folders have such a file; write its folder before it"):
        grants.read_file("x.jpg")


def test_a_bare_name_resolves_where_one_folder_has_it_or_all_have_the_same(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        _file(folder, "same.jpg", content=b"same")
    _file(folders[1], "only.jpg", content=b"only")
    grants = ImageGrants.allow(folders=folders)
    assert grants.read_file("only.jpg") == b"only"
    assert grants.read_file("same.jpg") == b"same"


@pytest.mark.parametrize(
    "reference", ["Downloads/../secret.jpg", "Downloads//etc/passwd", "Downloads/", "Downloads/no.jpg"]
)
def test_a_folder_s_name_opens_no_way_out(downloads: Path, reference: str) -> None:
    _file(downloads.parent, "secret.jpg")
    with pytest.raises(ImageError):
        ImageGrants.allow(folders=[downloads]).read_file(reference)


def test_a_folder_s_name_gives_way_to_a_folder_within(downloads: Path) -> None:
    (downloads / "Downloads").mkdir()
    _file(downloads / "Downloads", "x.jpg", content=b"inner")
    assert ImageGrants.allow(folders=[downloads]).read_file("Downloads/x.jpg") == b"inner"


def test_a_home_folder_is_not_called_after_its_owner(downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(downloads.parent))
    _file(downloads.parent, "x.jpg")
    assert _names(ImageGrants.allow(folders=[downloads.parent])) == ["home/x.jpg"]


def test_a_folder_that_is_gone_is_said_and_the_others_are_listed(downloads: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    grants = ImageGrants.allow(folders=[gone, downloads])
    gone.rmdir()
    _file(downloads, "x.jpg")
    found, notes = newest_pictures(grants, 5)
    assert [one.file for one in found] == ["Downloads/x.jpg"]
    assert notes == ["gone cannot be read now"]


def test_a_huge_folder_is_looked_at_in_part_and_that_is_said(downloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "MAX_ENTRIES", 5)
    for number in range(8):
        _file(downloads, f"{number}.jpg")
    found, notes = newest_pictures(ImageGrants.allow(folders=[downloads]), 50)
    assert len(found) == 5
    assert notes == ["of Downloads only 5 entries were looked at: newer ones may lack"]
