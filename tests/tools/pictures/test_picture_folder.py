"""Pictures of conversations in a folder."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from dermtools.agent import PicturesInFolder, Thread
from dermtools.errors import DermtoolsError, ImageError
from tests.support.paths import ROOT


def png(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "PNG")
    return out.getvalue()


def test_threads_and_users_have_folders_of_their_own(tmp_path: Path) -> None:
    pictures = PicturesInFolder(tmp_path / "p")
    handle = pictures.of(Thread("1", "ann")).add(png((200, 0, 0))).handle
    assert handle in PicturesInFolder(tmp_path / "p").of(Thread("1", "ann"))
    for other in (Thread("2", "ann"), Thread("1", "bob"), Thread("1")):
        assert handle not in pictures.of(other)
    assert not any("ann" in str(path) for path in (tmp_path / "p").rglob("*"))


def test_files_are_whole_and_their_owners_only(tmp_path: Path) -> None:
    PicturesInFolder(tmp_path / "p").of(Thread("1")).add(png((200, 0, 0)))
    files = [path for path in (tmp_path / "p").rglob("*") if path.is_file()]
    assert {path.suffix for path in files if not path.name.startswith(".")} == {".json"}
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in [tmp_path / "p", *files]} == {0}


def test_a_conversation_is_bounded(tmp_path: Path) -> None:
    store = PicturesInFolder(tmp_path / "p", max_pictures=2).of(Thread("1"))
    for colour in ((200, 0, 0), (0, 200, 0), (200, 0, 0)):
        store.add(png(colour))
    with pytest.raises(ImageError, match="2 pictures are attached already"):
        store.add(png((0, 0, 200)))
    with pytest.raises(ImageError, match="larger than 100 bytes in all"):
        PicturesInFolder(tmp_path / "q", max_bytes=100).of(Thread("1")).add(png((200, 0, 0)))


def test_what_was_unused_for_too_long_is_removed(tmp_path: Path) -> None:
    pictures = PicturesInFolder(tmp_path / "p", days=1)
    old, used = Thread("old"), Thread("used")
    handles = [pictures.of(thread).add(png((200, 0, 0))).handle for thread in (old, used)]
    long_ago = time.time() - 3 * 86_400
    os.utime(tmp_path / "p" / old.key, (long_ago, long_ago))
    assert handles[1] in pictures.of(used)
    assert not (tmp_path / "p" / old.key).exists()
    pictures.forget(used)
    assert handles[1] not in pictures.of(used)


def test_two_processes_write_one_conversation(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.tools.pictures.test_picture_folder import png; "
        "from dermtools.agent import PicturesInFolder, Thread; "
        "store = PicturesInFolder(sys.argv[1], max_pictures=6).of(Thread('1')); "
        "[store.add(png((shade * 25, int(sys.argv[2]), 0))) for shade in range(1, 4)]"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "p"), green], env=environment)
        for green in ("0", "200")
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    store = PicturesInFolder(tmp_path / "p").of(Thread("1"))
    assert len(store) == 6


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DermtoolsError, match="choose a folder that can be written"):
        PicturesInFolder(tmp_path / "file" / "p")
    with pytest.raises(DermtoolsError, match="positive number of days"):
        PicturesInFolder(tmp_path / "p", days=0)
