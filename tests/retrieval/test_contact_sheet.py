"""Cases on one picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from dermtools.cases.case import Case
from dermtools.errors import QueryError
from dermtools.images import encode_jpeg
from dermtools.retrieval.contact_sheet import MOST, contact_sheet
from dermtools.retrieval.gallery import Tile

RED = encode_jpeg(Image.new("RGB", (400, 300), "red"))


def tiles(count: int, label: str = "BCC") -> list[Tile]:
    cases = [Case(case_id=f"c{n}", group_id="g", labels={"diagnosis": (label,)}) for n in range(count)]
    return [Tile(rank, case, {}, 0.5 * rank) for rank, case in enumerate(cases, start=1)]


def red(sheet: Image.Image) -> int:
    """Pixels that are as red as the pictures."""
    return sum(count for count, (r, g, b) in sheet.getcolors(1 << 24) or () if r > 240 and g < 15 and b < 15)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_every_case_and_the_query_have_a_square_of_the_sheet() -> None:
    jpegs = {f"c{n}": RED for n in range(8)}
    sheet = opened(contact_sheet("t", tiles(8), jpegs, query=RED))
    inside_border = 192 * 192 - 185 * 185
    assert red(sheet) == pytest.approx(9 * 192 * 192, abs=inside_border)


def test_a_case_without_a_picture_and_a_long_label_fit() -> None:
    sheet = opened(contact_sheet("t" * 500, tiles(1, "ä" * 300), {}))
    assert red(sheet) == 0
    edge = sheet.crop((sheet.width - 20, 0, sheet.width, sheet.height))
    assert edge.getcolors() == [(edge.width * edge.height, (255, 255, 255))]


def test_more_than_a_sheet_holds_is_refused() -> None:
    with pytest.raises(QueryError, match=f"a picture holds {MOST} cases, and these are 121"):
        contact_sheet("t", tiles(MOST + 1), {})
