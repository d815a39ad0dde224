"""Pictures by handle."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from dermtools.agent import ImageStore
from dermtools.errors import ImageError
from dermtools.images import ImageLimits, WorkerLimits
from dermtools.retrieval import CaseBase


def png(colour: str, side: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def test_a_handle_depends_on_the_picture_alone(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    path.write_bytes(png("red"))
    one, other = ImageStore(), ImageStore()
    handles = {one.add(path).handle, one.add(str(path)).handle, other.add(png("red"), name="another name").handle}
    assert len(handles) == 1
    assert other.add(png("blue")).handle not in handles
    assert (len(one), len(other)) == (1, 2)


def test_a_store_does_not_know_the_pictures_of_another() -> None:
    handle = ImageStore().add(png("red")).handle
    with pytest.raises(ImageError, match="no picture is attached"):
        ImageStore().get(handle)


def test_what_leaves_is_small_and_clean() -> None:
    meta = Image.Exif()
    meta[0x010E] = "SECRET"
    out = io.BytesIO()
    Image.new("RGB", (1500, 900), "red").save(out, "JPEG", exif=meta)
    held = ImageStore().add(out.getvalue())
    assert b"SECRET" not in held.jpeg
    with Image.open(io.BytesIO(held.jpeg)) as image:
        assert image.size == (512, 307)


def test_a_full_store_refuses_more() -> None:
    store = ImageStore(max_pictures=2)
    store.add(png("red"))
    store.add(png("blue"))
    store.add(png("red"))
    with pytest.raises(ImageError, match="2 pictures are attached already"):
        store.add(png("green"))
    with pytest.raises(ImageError, match="larger than 100 bytes in all"):
        ImageStore(max_bytes=100).add(png("red"))


@pytest.mark.parametrize("source", [b"no picture", "data:image/png;base64,AAAA", Path("missing.png"), b""])
def test_what_is_no_picture_gets_no_handle(source: str | bytes | Path) -> None:
    store = ImageStore()
    with pytest.raises(ImageError):
        store.add(source)
    assert len(store) == 0


def test_a_query_keeps_what_is_known_of_it(case_base: CaseBase) -> None:
    query = case_base.query(case_id="drawn_p01_1")
    store = ImageStore()
    held = store.add_query(query)
    assert held.source is query
    assert held.group_id == "drawn_p01"
    # The handle says nothing of the case's id: a model must not learn which case is in question.
    assert "drawn" not in held.handle + held.name


def test_a_name_is_one_clean_line() -> None:
    assert ImageStore().add(png("red"), name="a\nb\u202ec\x00.png").name == "a bc.png"


@pytest.mark.parametrize(
    ("variable", "option"),
    [("DERMTOOLS_MAX_PIXELS", "--max-pixels"), ("DERMTOOLS_MAX_IMAGE_BYTES", "--max-image-bytes")],
)
def test_the_environment_sets_the_limits_of_a_conversation(
    monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    assert ImageStore().limits == ImageLimits(32 * 1024 * 1024, 60_000_000, worker=WorkerLimits(5, 440_000_000))
    monkeypatch.setenv(variable, "10")
    with pytest.raises(ImageError, match=f"raise {option}"):
        ImageStore().add(png("red"))
