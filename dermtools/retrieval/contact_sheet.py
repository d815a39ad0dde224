"""Cases on one picture: a contact sheet of thumbnails with ranks, distances and labels, for slides and notes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from dermtools.errors import QueryError
from dermtools.images.thumbnails import THUMBNAIL_SIDE, square
from dermtools.text import one_line

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from dermtools.retrieval.gallery import Tile

MOST = 120
"""Cases of a sheet; more would be a picture that few programs open."""
COLUMNS = 6
NOT_A_DIAGNOSIS = "For research. Similar cases are evidence to look at, not a diagnosis."
_INK, _SOFT, _LINE, _ACCENT = "#1c1e21", "#575e66", "#dfe3e8", "#0b6e69"
_GAP, _MARGIN, _ROW, _TEXT, _TITLE = 14, 28, 20, 14, 22
_CAPTION = 3


def contact_sheet(
    title: str, tiles: Sequence[Tile], jpegs: Mapping[str, bytes], *, query: bytes | None = None, intro: str = ""
) -> bytes:
    """A PNG of at most `MOST` cases: each with rank and distance, labels, and id; it ends by saying what it is not.

    Args:
        title, intro: the lines above.
        tiles: in their order.
        jpegs: case id to its stored JPEG; a case without one has a grey square.
        query: JPEG of the picture that was searched; it comes first, with a border.

    Raises:
        QueryError: more cases than a sheet holds.
    """
    if len(tiles) > MOST:
        raise QueryError(f"a picture holds {MOST} cases, and these are {len(tiles):,}; show fewer, or export a page")
    cells = [(jpegs.get(tile.case.case_id), _captions(tile), False) for tile in tiles]
    if query is not None:
        cells.insert(0, (query, ["query"], True))
    columns = max(1, min(COLUMNS, len(cells)))
    height = THUMBNAIL_SIDE + _CAPTION * _ROW + _GAP
    head = _MARGIN + 2 * _TITLE + (_ROW if intro else 0)
    width = 2 * _MARGIN + max(3, columns) * (THUMBNAIL_SIDE + _GAP) - _GAP
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (width, head + rows * height + 2 * _MARGIN), "white")
    draw, text, large = ImageDraw.Draw(sheet), ImageFont.load_default(_TEXT), ImageFont.load_default(_TITLE)
    assert isinstance(text, ImageFont.FreeTypeFont)
    assert isinstance(large, ImageFont.FreeTypeFont)
    within = width - 2 * _MARGIN
    draw.text((_MARGIN, _MARGIN), _fitted(title, large, within), fill=_INK, font=large)
    draw.text((_MARGIN, _MARGIN + _TITLE + 10), _fitted(intro, text, within), fill=_SOFT, font=text)
    for place, (jpeg, captions, marked) in enumerate(cells):
        x = _MARGIN + place % columns * (THUMBNAIL_SIDE + _GAP)
        y = head + place // columns * height
        box = (x, y, x + THUMBNAIL_SIDE, y + THUMBNAIL_SIDE)
        draw.rectangle(box, fill=_LINE)
        if jpeg is not None:
            sheet.paste(square(jpeg), (x, y))
        if marked:
            draw.rectangle(box, outline=_ACCENT, width=4)
        for line, caption in enumerate(captions[:_CAPTION]):
            fitted = _fitted(caption, text, THUMBNAIL_SIDE)
            draw.text((x, y + THUMBNAIL_SIDE + 5 + line * _ROW), fitted, fill=_SOFT if line == 2 else _INK, font=text)
    draw.text((_MARGIN, sheet.height - _MARGIN - _TEXT), NOT_A_DIAGNOSIS, fill=_SOFT, font=text)
    written = io.BytesIO()
    sheet.save(written, "PNG")
    return written.getvalue()


def _captions(tile: Tile) -> list[str]:
    distance = "" if tile.distance is None else f"   at {tile.distance:.4g}"
    labels = ", ".join(label for given in tile.case.labels.values() for label in given)
    return [f"{tile.rank}{distance}", labels or "no label", tile.case.case_id]


def _fitted(words: str, font: FreeTypeFont, width: int) -> str:
    """Text of one line that is not wider, with an ellipsis where it was."""
    words = one_line(words, 200)
    if font.getlength(words) <= width:
        return words
    while words and font.getlength(words + "…") > width:
        words = words[:-1]
    return words + "…"
