"""Pictures of many conversations in memory."""

from __future__ import annotations

import io

from PIL import Image

from dermtools.agent import PicturesInMemory, Thread


def png(side: int = 40) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(out, "PNG")
    return out.getvalue()


def test_each_thread_and_user_has_its_own() -> None:
    pictures = PicturesInMemory()
    handle = pictures.of(Thread("1", "ann")).add(png()).handle
    assert handle in pictures.of(Thread("1", "ann"))
    assert all(handle not in pictures.of(other) for other in (Thread("1"), Thread("1", "bob"), Thread("2", "ann")))


def test_no_two_threads_have_one_key() -> None:
    threads = [Thread("1"), Thread("1", "1"), Thread("11"), Thread('1", "1'), Thread("", "1"), Thread("1", "")]
    assert len({thread.key for thread in threads}) == len({*threads})


def test_the_conversation_used_last_stays() -> None:
    pictures = PicturesInMemory(max_threads=2)
    handles = {}
    for name in ("a", "b"):
        handles[name] = pictures.of(Thread(name)).add(png()).handle
    pictures.of(Thread("a"))
    pictures.of(Thread("c"))
    assert handles["a"] in pictures.of(Thread("a"))
    assert handles["b"] not in pictures.of(Thread("b"))


def test_all_together_are_bounded_in_bytes() -> None:
    pictures = PicturesInMemory(max_bytes=60_000)
    first = pictures.of(Thread("a")).add(png(120)).handle
    pictures.of(Thread("b")).add(png(120))
    pictures.of(Thread("c"))
    assert first not in pictures.of(Thread("a"))
