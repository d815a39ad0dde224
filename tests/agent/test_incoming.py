"""Pictures in messages, in every form that clients send."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from dermtools.agent import DermContext
from dermtools.agent.incoming import holds_picture, messages_without_pictures, without_pictures
from tests.support.dicom_files import dicom
from tests.support.picture_blocks import forms


@pytest.mark.parametrize("form", forms(""))
def test_every_form_gives_the_same_handle_and_leaves_no_byte(form: str, drawn_jpeg: bytes) -> None:
    context, encoded = DermContext(), base64.b64encode(drawn_jpeg).decode()
    expected = context.images.add(drawn_jpeg).handle
    message = HumanMessage([{"type": "text", "text": "Where?"}, forms(encoded)[form]])
    kept = without_pictures(message, context)
    assert kept.additional_kwargs == {"pictures": [expected]}
    assert kept.content == [{"type": "text", "text": "Where?"}]
    assert not holds_picture(kept)


@pytest.mark.parametrize("message", [AIMessage, lambda content: ToolMessage(content, tool_call_id="1")])
def test_messages_that_are_not_shown_with_pictures_name_them_in_their_text(message: Any, drawn_jpeg: bytes) -> None:
    context, encoded = DermContext(), base64.b64encode(drawn_jpeg).decode()
    kept = without_pictures(message([{"type": "image", "base64": encoded, "mime_type": "image/jpeg"}]), context)
    assert kept.content == [{"type": "text", "text": f"picture {context.images.add(drawn_jpeg).handle}"}]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "url": "https://example.org/x.jpg"},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "image", "mimeType": "image/jpeg", "data": "bm8gcGljdHVyZQ=="},
        {"type": "image", "mimeType": "image/jpeg"},
        {"type": "image", "file_id": "file-1"},
    ],
)
def test_what_cannot_be_read_is_a_line_that_says_why(block: dict[str, Any]) -> None:
    context = DermContext()
    kept = without_pictures(HumanMessage([block]), context)
    (told,) = kept.content
    assert isinstance(told, dict)
    assert "an attached picture that cannot be used" in told["text"]
    assert "passwd" not in told["text"]
    assert len(context.images) == 0


def test_other_files_stay() -> None:
    block = {"type": "file", "mimeType": "application/pdf", "data": "JVBERi0="}
    message = HumanMessage([block])
    assert without_pictures(message, DermContext()) is message


@pytest.mark.parametrize("role", ["user", "human"])
def test_messages_as_json_are_read(role: str, drawn_jpeg: bytes) -> None:
    encoded = base64.b64encode(drawn_jpeg).decode()
    given_messages = [{"role": role, "content": [forms(encoded)["agent chat ui"]], "id": "1"}]
    (kept,) = messages_without_pictures(given_messages, DermContext())
    assert (kept.id, len(kept.additional_kwargs["pictures"])) == ("1", 1)
    assert encoded not in json.dumps(kept.model_dump())


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=8)
blocks = st.dictionaries(
    st.sampled_from(["type", "data", "base64", "url", "image_url", "source", "file", "mimeType", "mime_type"]),
    scalars
    | st.sampled_from(["image", "file", "image_url", "image/png", "data:image/png;base64,AA"])
    | st.dictionaries(st.sampled_from(["url", "data", "media_type", "file_data"]), scalars, max_size=2),
    max_size=4,
)


@given(st.lists(blocks, max_size=2))
def test_no_block_breaks_a_run(content: list[Any]) -> None:
    message = HumanMessage("")
    message.content = content
    assert not holds_picture(without_pictures(message, DermContext()))


@pytest.mark.parametrize("media", [None, "application/octet-stream", "application/pdf"])
@pytest.mark.parametrize("prefix", ["", "data:application/octet-stream;base64,"])
@pytest.mark.parametrize("kind", ["JPEG", "DICOM"])
def test_a_picture_that_comes_as_any_file_is_taken_out_too(
    drawn_jpeg: bytes, media: str | None, prefix: str, kind: str
) -> None:
    """Programs send DICOM so, with the patient's name in it."""
    picture = drawn_jpeg if kind == "JPEG" else dicom(np.zeros((16, 64), np.uint8), "MONOCHROME2")
    value = prefix + base64.b64encode(picture).decode()
    named = {} if media is None else {"mime_type": media}
    for block in ({"type": "file", "base64": value, **named}, {"type": "file", "file": {"file_data": value}}):
        context = DermContext()
        kept = without_pictures(HumanMessage([block]), context)
        assert value[-40:] not in str(kept)
        assert (kept.content, len(context.images)) == ([], 1)
