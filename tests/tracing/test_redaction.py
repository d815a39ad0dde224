"""What is hidden in a value, what is left as it is, and what stands there instead."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from dermtools.agent import DermContext
from dermtools.errors import ImageError
from dermtools.images import data_url
from dermtools.prediction import Query
from dermtools.retrieval import CaseBase
from dermtools.tracing import TRACE_PICTURES, redacted
from dermtools.tracing.redaction import picture_name
from tests.support.langsmith_server import pictures_in

LINES = st.text(st.characters(codec="utf-8", exclude_characters="/\\:~"), max_size=50)


def test_a_picture_is_told_by_handle_size_and_hash(drawn_jpeg: bytes) -> None:
    context = DermContext()
    handle, sha = context.images.add(drawn_jpeg).handle, hashlib.sha256(drawn_jpeg).hexdigest()
    assert redacted(drawn_jpeg) == f"[picture {handle}, {len(drawn_jpeg)} bytes, sha256 {sha}]"
    assert redacted(f"see {data_url(drawn_jpeg)} here") == f"see {redacted(drawn_jpeg)} here"


def test_a_pictures_name_is_never_the_picture_however_it_is_written_or_allowed(
    drawn_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = redacted(drawn_jpeg)
    monkeypatch.setenv(TRACE_PICTURES, "1")
    wrapped = "data:image/jpeg;base64," + base64.encodebytes(drawn_jpeg).decode()
    assert [picture_name(one) for one in (drawn_jpeg, data_url(drawn_jpeg), wrapped)] == [told] * 3
    assert picture_name("data:image/svg+xml,%3Csvg%3E") == "[a picture or a piece of one, 9 characters]"
    assert picture_name(Image.new("RGB", (4, 3))) == "[picture of 4 x 3 pixels]"


def _wrapped(jpeg: bytes) -> list[Any]:
    encoded, url = base64.b64encode(jpeg).decode(), data_url(jpeg)
    block = {"type": "image", "source": {"type": "base64", "data": encoded}}

    @dataclass
    class Held:
        jpeg: bytes

    return [
        jpeg,
        bytearray(jpeg),
        memoryview(jpeg),
        io.BytesIO(jpeg),
        str(jpeg),
        f"{jpeg!r}"[:400],
        url,
        url[:300],
        encoded[1000:1500],
        f"'{encoded}'",
        base64.encodebytes(jpeg).decode(),
        "data:image/jpeg;base64," + encoded.replace("+", "%2B").replace("/", "%2F"),
        HumanMessage([block]),
        AIMessage("", additional_kwargs={"picture": url}),
        Document(page_content=url, metadata={"picture": jpeg}),
        {"deep": [({"deeper": {"deepest": url}},)]},
        {jpeg},
        Held(jpeg),
        Query("Mueller.jpg", jpeg=jpeg, image=Image.open(io.BytesIO(jpeg))),
        Image.open(io.BytesIO(jpeg)),
        ImageError(f"cannot use {url}"),
        DermContext(),
    ]


def test_no_piece_of_a_picture_is_left_in_any_form(drawn_jpeg: bytes) -> None:
    for number, value in enumerate(_wrapped(drawn_jpeg)):
        shown = repr(redacted(value))
        assert pictures_in(shown.encode(), [drawn_jpeg]) == 0, number
        assert str(drawn_jpeg)[100:160] not in shown, number
        assert "Mueller" not in shown, number


def test_pictures_stay_where_they_were_allowed(drawn_jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRACE_PICTURES, "1")
    message = HumanMessage([{"type": "image_url", "image_url": {"url": data_url(drawn_jpeg)}}])
    assert redacted(message) is message
    assert redacted([drawn_jpeg, Path("/a/b.jpg")]) == [drawn_jpeg, "[path]"]


@given(st.recursive(LINES | st.integers() | st.none(), lambda part: st.lists(part) | st.dictionaries(LINES, part)))
def test_what_hides_nothing_is_the_same_object(value: Any) -> None:
    assert redacted(value) is value


@pytest.mark.parametrize(
    "text",
    [
        "and/or, 1/2, TCP/IP; </data> <br/> and https://example.org/a/b?c=d, case:PAT_9_17_80.png",
        f"sha256 {hashlib.sha256(b'').hexdigest()}",
        "=" * 80,
        "-" * 80,
        "a" * 100,
        "img_0123456789abcdef",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redacted(text) is text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no picture at /srv/patients/Mueller/1.jpg: no such file", "no picture at [path]: no such file"),
        ("no picture at '/srv/Hans Mueller/1.jpg'", "no picture at '[path]'"),
        ("/srv/Hans Mueller/1.jpg", "[path]"),
        (r"C:\\Users\\Hans Mueller\\1.jpg", "[path]"),
        (r"open C:\\Users\\Mueller\\1.jpg", "open [path]"),
        (r"open \\\\host\\Mueller", "open [path]"),
        ("see file:///srv/Mueller.jpg", "see [path]"),
        ("~/photos/Mueller.jpg", "[path]"),
    ],
)
def test_paths_of_this_machine_are_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_messages_and_documents_keep_their_type_and_words(drawn_jpeg: bytes) -> None:
    picture = {"type": "image_url", "image_url": {"url": data_url(drawn_jpeg)}}
    shown = redacted(HumanMessage([{"type": "text", "text": "Where?"}, picture], id="7"))
    assert isinstance(shown, HumanMessage)
    assert (shown.id, shown.text) == ("7", "Where?")
    assert shown.content[1] == {"type": "image_url", "image_url": {"url": redacted(data_url(drawn_jpeg))}}


def test_an_error_keeps_its_class_text_and_place() -> None:
    try:
        try:
            raise ValueError("inner, at /srv/a/b")
        except ValueError as inner:
            raise ImageError("cannot be read") from inner
    except ImageError as error:
        shown = redacted(error)
    assert isinstance(shown, ImageError)
    assert str(shown) == "cannot be read"
    assert shown.__traceback__ is None
    assert shown.__notes__[-1].startswith(f"{__name__}, line ")
    assert str(shown.__cause__) == "inner, at [path]"


def test_an_error_that_cannot_be_made_again_is_told_in_words() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_python("x")
    assert str(redacted(caught.value)).startswith("ValidationError: 1 validation error for int")


def test_vectors_and_objects_of_ours_are_named_only(case_base: CaseBase) -> None:
    assert redacted({"v": np.zeros((3, 4), np.float32), "base": case_base}) == {
        "v": "[array of (3, 4), float32]",
        "base": "[CaseBase]",
    }


def test_no_object_of_ours_shows_a_picture_by_its_repr(case_base: CaseBase, drawn_jpeg: bytes) -> None:
    context = DermContext()
    held = context.images.add(drawn_jpeg)
    query = case_base.query(drawn_jpeg)
    seen = repr([held, context, query, Query("x", jpeg=drawn_jpeg)])
    assert str(drawn_jpeg)[2:40] not in seen
    assert str(held.jpeg)[2:40] not in seen
