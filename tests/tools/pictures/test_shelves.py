"""Pictures on a shelf: what is kept of them, and what a later reader finds."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dermtools.agent import ImageStore, PicturesInFolder, Thread, Workspace
from dermtools.errors import ImageError
from dermtools.images import content_hash
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext
from dermtools.tools.pictures.shelves import ShelvedImages


class Paper:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def read(self, handle: str) -> str | None:
        return self.texts.get(handle)

    def write(self, handle: str, text: str, *, max_pictures: int, max_bytes: int) -> None:
        self.texts[handle] = text

    def handles(self) -> list[str]:
        return list(self.texts)


def photograph() -> bytes:
    meta = Image.Exif()
    meta[0x010E] = "SECRET"
    out = io.BytesIO()
    Image.effect_noise((1500, 900), 40).convert("RGB").save(out, "JPEG", exif=meta)
    return out.getvalue()


def test_nothing_of_the_file_is_kept_but_a_hash_of_its_content() -> None:
    shelf, original = Paper(), photograph()
    held = ShelvedImages(shelf, "a").add(original, name="Jane Doe.jpg", group_id="p1")
    kept = json.loads(shelf.texts[held.handle])
    assert sorted(kept) == ["content_hash", "format_version", "group_id", "jpeg", "picture"]
    assert (kept["content_hash"], kept["group_id"]) == (content_hash(original), "p1")
    for name, side in (("jpeg", 512), ("picture", 1024)):
        encoded = base64.urlsafe_b64decode(kept[name])
        assert b"SECRET" not in encoded
        with Image.open(io.BytesIO(encoded)) as image:
            assert max(image.size) == side
    assert "Jane" not in shelf.texts[held.handle]


def test_another_reader_finds_the_same_picture(case_base: CaseBase, tmp_path: Path) -> None:
    place, thread = tmp_path / "pictures", Thread("1")
    original = photograph()
    one = PicturesInFolder(place).of(thread)
    held = one.add(original)
    other = PicturesInFolder(place).of(thread)
    workspace = Workspace(case_base)
    queries = [workspace.query(held.handle, DermContext(images=store)) for store in (one, other)]
    assert [query.content_hash for query in queries] == [content_hash(original)] * 2
    found = [[(one.case.case_id, one.distance) for one in case_base.search(query=query, k=5)] for query in queries]
    assert found[0] == found[1]


def test_a_kept_picture_never_meets_itself(case_base: CaseBase) -> None:
    case = case_base.case("drawn_p01_1")
    original = case_base.jpeg(case.case_id)
    shelf = Paper()
    handle = ShelvedImages(shelf, "a").add(original).handle
    query = Workspace(case_base).query(handle, DermContext(images=ShelvedImages(shelf, "a")))
    found = case_base.search(query=query, k=len(case_base))
    assert case.group_id not in {one.case.group_id for one in found}


def test_a_handle_of_one_conversation_means_nothing_in_another() -> None:
    original = photograph()
    one, other = ShelvedImages(Paper(), "a"), ShelvedImages(Paper(), "b")
    handle = one.add(original).handle
    assert other.add(original).handle != handle
    assert handle not in other
    with pytest.raises(ImageError, match="no picture"):
        other.get(handle)


def test_the_query_of_an_experiment_is_kept_with_what_is_known_of_it(case_base: CaseBase) -> None:
    shelf, query = Paper(), case_base.query(case_id="drawn_p01_1")
    handle = ShelvedImages(shelf, "a").add_query(query).handle
    again = ShelvedImages(shelf, "a").get(handle)
    assert (again.group_id, again.content_hash) == ("drawn_p01", query.content_hash)


@pytest.mark.parametrize("handle", ["img_../../etc/passwd", "img_", "../img_1", "img_" + "a" * 100, "case:1"])
def test_what_is_no_handle_is_not_looked_for(handle: str) -> None:
    shelf = Paper()
    shelf.texts[handle] = "not read"
    assert handle not in ShelvedImages(shelf, "a")


@given(st.text(max_size=40) | st.sampled_from(['{"jpeg": "AA"}', "[]", '{"format_version": 2}']))
def test_a_damaged_picture_is_one_line(text: str) -> None:
    shelf = Paper()
    shelf.texts["img_1"] = text
    with pytest.raises(ImageError, match=r"damaged where it is kept .*attach it again"):
        ShelvedImages(shelf, "a").get("img_1")


def test_a_store_in_memory_and_one_on_a_shelf_show_a_model_the_same_kind_of_picture() -> None:
    original = photograph()
    sizes = []
    for store in (ImageStore(), ShelvedImages(Paper(), "a")):
        with Image.open(io.BytesIO(store.add(original).jpeg)) as image:
            sizes.append(image.size)
    assert sizes[0] == sizes[1]
