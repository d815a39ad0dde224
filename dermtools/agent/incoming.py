"""Pictures in messages that come in: recognised in every form that LangChain and its clients send, and taken out."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage, HumanMessage, convert_to_messages

from dermtools.agent.shown import IMAGE_BLOCKS, PICTURES
from dermtools.errors import ImageError
from dermtools.images.kinds import format_of
from dermtools.tools import DermContext
from dermtools.tools.pictures.showing import text_block
from dermtools.tools.results import quoted

M = TypeVar("M", bound=BaseMessage)

_FILE_BLOCKS = ("file", "input_file", "media", "document")
_MIME_KEYS = ("mime_type", "mimeType", "media_type", "mediaType")
_PICTURE = re.compile(r"image/|application/dicom", re.IGNORECASE)
_DATA = re.compile(r"data:", re.IGNORECASE)
_PICTURE_DATA = re.compile(r"data:(image/|application/dicom)", re.IGNORECASE)


def holds_picture(message: BaseMessage) -> bool:
    """Whether a picture is in a message's content, be it in a form that nobody knows how to read."""
    return isinstance(message.content, list) and any(
        isinstance(block, Mapping) and _is_picture(block) for block in message.content
    )


def without_pictures(message: M, context: DermContext) -> M:
    """The message with its pictures moved to the context; one that cannot be read becomes a line that says why.

    A human message names them in its `additional_kwargs`, and is shown with them later; any other does in its text.
    """
    if not holds_picture(message):
        return message
    content: list[Any] = []
    handles: list[str] = []
    for block in message.content:
        if not isinstance(block, Mapping) or not _is_picture(block):
            content.append(block)
            continue
        try:
            handle = context.images.add(_encoded(block), name="picture").handle
        except ImageError as error:
            content.append(text_block(quoted([f"an attached picture that cannot be used: {error}"])))
            continue
        handles.append(handle)
        if not isinstance(message, HumanMessage):
            content.append(text_block(f"picture {handle}"))
    kwargs = dict(message.additional_kwargs)
    if isinstance(message, HumanMessage):
        kwargs[PICTURES] = list(dict.fromkeys([*kwargs.get(PICTURES, ()), *handles]))
    return message.model_copy(update={"content": content, "additional_kwargs": kwargs})


def messages_without_pictures(given: Any, context: DermContext) -> Any:
    """What a graph's `messages` are given, as messages without pictures; what is none of its forms stays as it is."""
    if not isinstance(given, list | tuple | str | dict | BaseMessage):
        return given
    messages = convert_to_messages(given if isinstance(given, list) else [given])
    return [without_pictures(message, context) for message in messages]


def _is_picture(block: Mapping[str, Any]) -> bool:
    if block.get("type") in IMAGE_BLOCKS:
        return True
    if block.get("type") not in _FILE_BLOCKS:
        return False
    return any(_PICTURE.match(str(part.get(key, ""))) for part in _parts(block) for key in _MIME_KEYS) or any(
        _PICTURE_DATA.match(value) or _begins_as_picture(value) for value in _texts(block)
    )


def _begins_as_picture(value: str) -> bool:
    """Whether its first bytes are a picture's, whatever a client calls them: DICOM often comes as any file."""
    start = re.sub(r"^data:[^,]{0,200},", "", value[:600], flags=re.IGNORECASE)[:256]
    try:
        return format_of(base64.b64decode(start[: len(start) // 4 * 4], validate=True)) is not None
    except ValueError:
        return False


def _parts(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The block, and what providers put inside it."""
    yield block
    for key in ("source", "file", "image", "image_url", "input_audio"):
        if isinstance(inner := block.get(key), Mapping):
            yield inner


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    """Values that may be an encoded picture, or the address of one."""
    for part in _parts(block):
        for key in ("base64", "data", "file_data", "image_url", "url", "image"):
            if isinstance(value := part.get(key), str) and value:
                yield value


def _encoded(block: Mapping[str, Any]) -> str | bytes:
    """The encoded picture, or its `data:` URL; raises an ImageError where a block has neither."""
    for part in _parts(block):
        if isinstance(raw := part.get("data"), bytes) and raw:
            return raw
    for value in _texts(block):
        if _DATA.match(value):
            return value
        # A message is no way around the grants: nothing is fetched or opened for it.
        if "://" not in value[:32]:
            return f"data:image/jpeg;base64,{value}"  # what it is, its content says
    raise ImageError("pictures in messages are taken as data: URLs or base64 only; download it first")
