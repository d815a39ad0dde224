"""Only `dermtools.images` opens pictures: elsewhere, Pillow's own warnings would end an ingest."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "dermtools"
READERS = re.compile(r"\bImage\.open\b|ImageFile\b|\bPIL\.\w+Plugin\b|\bpillow_heif\b|\bdcmread\b")


def opens_a_picture(code: str) -> bool:
    """Whether code, its comments and texts aside, names a reader of pictures."""
    named = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            named += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute | ast.Import):
            named.append(ast.unparse(node))
    return any(READERS.search(name) for name in named)


@pytest.mark.parametrize(
    "code",
    [
        "from PIL import Image\nImage.open('a.jpg')",
        "import PIL.Image\nPIL.Image.open('a.jpg')",
        "from PIL.Image import open",
        "from PIL.JpegImagePlugin import JpegImageFile",
        "import pillow_heif",
    ],
)
def test_a_reader_is_found_however_it_is_named(code: str) -> None:
    assert opens_a_picture(code)


def test_no_other_room_opens_a_picture() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "images" not in path.parents]
    assert [path for path in files if opens_a_picture(path.read_text(encoding="utf-8"))] == []
