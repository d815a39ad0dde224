"""Pictures of conversations in a LangGraph store."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from dermtools.agent import PicturesInStore, Thread
from dermtools.agent.store_pictures import NAMESPACE
from dermtools.errors import ImageError


def test_a_later_run_finds_them_and_another_thread_does_not(drawn_jpeg: bytes) -> None:
    store = InMemoryStore()
    handle = PicturesInStore(store).of(Thread("1", "ann")).add(drawn_jpeg).handle
    assert PicturesInStore(store).of(Thread("1", "ann")).get(handle).jpeg.startswith(b"\xff\xd8\xff")
    for other in (Thread("1"), Thread("2", "ann"), Thread("1", "bob")):
        assert handle not in PicturesInStore(store).of(other)


def test_values_are_json_and_namespaces_tell_no_user(drawn_jpeg: bytes) -> None:
    store = InMemoryStore()
    PicturesInStore(store).of(Thread("thread", "ann@example.org")).add(drawn_jpeg)
    (item,) = store.search(NAMESPACE)
    assert json.loads(json.dumps(item.value)) == item.value
    assert "ann" not in "".join(item.namespace)


def test_a_store_that_searches_by_meaning_embeds_no_picture(drawn_jpeg: bytes) -> None:
    embedded: list[str] = []

    def embed(texts: Any) -> list[list[float]]:
        embedded.extend(texts)
        return [[0.0, 1.0] for _ in texts]

    store = InMemoryStore(index={"dims": 2, "embed": embed, "fields": ["$"]})
    PicturesInStore(store).of(Thread("1")).add(drawn_jpeg)
    assert embedded == []


def test_a_conversation_is_bounded(drawn_jpeg: bytes) -> None:
    store = InMemoryStore()
    PicturesInStore(store, max_pictures=1).of(Thread("1")).add(drawn_jpeg)
    again = PicturesInStore(store, max_pictures=1).of(Thread("1"))
    again.add(drawn_jpeg)
    with pytest.raises(ImageError, match="1 pictures are attached already"):
        again.add(again.get(again._known()[0]).jpeg)
    with pytest.raises(ImageError, match="larger than 10 bytes in all"):
        PicturesInStore(store, max_bytes=10).of(Thread("2")).add(drawn_jpeg)
    assert len(again) == 1
