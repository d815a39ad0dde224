from __future__ import annotations

import csv
import sys
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from dermtools.errors import MissingExtraError
from dermtools.images import open_image, writing
from dermtools.images.writing import paint_over, read_writing, recogniser
from tests.support.written_pictures import NAME, ORDER, skin, skip_without_recogniser, written


@pytest.fixture(autouse=True, scope="module")
def _recogniser() -> None:
    skip_without_recogniser()


@pytest.mark.parametrize(
    "words", [NAME, ORDER, "MRN 00441723", "*12.03.1956", "12 03 56", "Weber, Ana", "HIV positive"]
)
@pytest.mark.parametrize(("size", "height"), [((800, 600), 24), ((2400, 1800), 60)])
def test_words_are_found_and_read(words: str, size: tuple[int, int], height: int) -> None:
    lines = read_writing(written(words, size=size, height=height))
    read = "".join(line.text for line in lines).replace(" ", "")
    assert SequenceMatcher(None, read, words.replace(" ", "")).ratio() > 0.8, read


@pytest.mark.parametrize("at", [(0.02, 0.02), (0.5, 0.5), (0.4, 0.9)])
def test_the_box_is_where_the_words_are(at: tuple[float, float]) -> None:
    (line,) = read_writing(written("Weber Ana", at=at))
    left, top = min(x for x, _ in line.corners), min(y for _, y in line.corners)
    assert (left, top) == pytest.approx(at, abs=0.03)


def test_a_picture_without_words_has_none() -> None:
    assert read_writing(skin((800, 600))) == ()


@pytest.mark.parametrize("words", ["5 mm", "10", "0 1 2 3 4 5 6 7 8 9 10 cm", "1:3"])
def test_marks_of_a_scale_are_no_writing(words: str) -> None:
    assert read_writing(written(words)) == ()


def test_a_ruler_is_no_writing_and_hides_no_name() -> None:
    image = written(NAME, size=(1200, 900))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(26)
    for number in range(31):
        long = number % 5 == 0
        draw.line((40 + number * 36, 780, 40 + number * 36, 830 if long else 805), fill="black", width=3)
        if long:
            draw.text((32 + number * 36, 835), str(number // 5), font=font, fill="black")
    assert "Mueller" in " ".join(line.text for line in read_writing(image))
    assert len(read_writing(image)) == 1


@pytest.mark.parametrize("scale", [1, 0.5])
def test_what_was_painted_over_is_not_read_again(scale: float) -> None:
    image = written(NAME, size=(1200, 900), height=40)
    small = image.resize((round(image.width * scale), round(image.height * scale)))
    painted = paint_over(small, read_writing(image))
    assert read_writing(painted) == ()
    assert read_writing(small) != ()
    assert painted.getpixel((5, painted.height - 5)) == small.getpixel((5, small.height - 5))


def test_threads_share_one_recogniser() -> None:
    pictures = [written(f"Weber {name}") for name in ("Ana", "Berta", "Carl", "Dora")]
    with ThreadPoolExecutor(4) as pool:
        found = [" ".join(line.text for line in lines) for lines in pool.map(read_writing, pictures)]
    assert [text.split()[-1] for text in found] == ["Ana", "Berta", "Carl", "Dora"]


@pytest.mark.parametrize("reason", ["missing", "library"])
def test_without_the_extra_one_line_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, reason: str, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "rapidocr_onnxruntime", raising=False)
    if reason == "missing":
        monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    else:
        (tmp_path / "rapidocr_onnxruntime.py").write_text(
            "raise ImportError('libGL.so.1: cannot open shared object file')"
        )
        monkeypatch.syspath_prepend(tmp_path)
    recogniser.cache_clear()
    said = "pip install 'dermtools\\[ocr\\]'" if reason == "missing" else "libGL.so.1.*opencv-python-headless"
    with pytest.raises(MissingExtraError, match=said):
        read_writing(skin((64, 64)))


def test_where_python_is_too_new_for_the_extra_the_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "WITHOUT", (3, 11))
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    recogniser.cache_clear()
    with pytest.raises(MissingExtraError, match=r"no package for Python 3\.\d+; use Python 3\.11 or 3\.12"):
        read_writing(skin((64, 64)))


def test_real_photographs_give_no_false_alarm(photographs: Path) -> None:
    with photographs.open(encoding="utf-8") as file:
        names = [row["image_id"] for row in csv.DictReader(file)][::11][:60]
    found = {}
    for name in names:
        with Image.open(photographs.parent / "images" / f"{name}.jpg") as image:
            if lines := read_writing(open_image(image)):
                found[name] = lines
    assert len(names) == 60
    assert found == {}
