"""Pictures: what comes is decoded apart and kept by handle, what goes is a clean JPEG of one of two sizes."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from dermtools.app.access import Access
from dermtools.app.server import application
from dermtools.app.session import AppSession
from dermtools.embedding.given import GivenVectors
from dermtools.images import ImageLimits
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, ImageStore

ORIGIN = "http://127.0.0.1:8421"


@pytest.fixture
async def inside(case_base: CaseBase) -> AsyncIterator[httpx.AsyncClient]:
    """A client that was let in."""
    limits = replace(ImageLimits(), max_bytes=200_000)
    session = AppSession(case_base, context=DermContext(images=ImageStore(limits=limits)))
    access = Access()
    transport = httpx.ASGITransport(application(session, access, 8421))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        await http.post("/session", content=access.new_token())
        http.base_url = httpx.URL(ORIGIN + access.path)
        yield http


def _size(reply: httpx.Response) -> tuple[int, int]:
    assert reply.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(reply.content)) as image:
        assert image.format == "JPEG"
        assert "exif" not in image.info
        return image.size


async def test_a_brought_picture_comes_back_clean_by_its_handle(inside: httpx.AsyncClient, drawn_jpeg: bytes) -> None:
    brought = (await inside.post("/pictures", params={"name": "../my mole.jpg"}, content=drawn_jpeg)).json()
    assert brought["handle"].startswith("img_")
    assert max(_size(await inside.get("/pictures", params={"of": brought["handle"], "side": "192"}))) == 192


async def test_a_case_has_a_thumbnail_and_what_is_stored(inside: httpx.AsyncClient, case_base: CaseBase) -> None:
    case_id = case_base.columns.case_ids[0]
    stored = await inside.get("/pictures", params={"of": f"case:{case_id}"})
    assert stored.content == case_base.store.jpegs([case_id])[case_id]
    assert max(_size(await inside.get("/pictures", params={"of": f"case:{case_id}", "side": "192"}))) == 192
    assert stored.headers["cache-control"] == "no-store"


async def test_a_case_without_a_picture_is_answered_with_nothing(tmp_path: Path) -> None:
    bare = CaseBase.create(tmp_path / "bare", embedder=GivenVectors("mean-colour", 3, normalized=False))
    bare.add([{"case_id": f"c{row}", "site": "arm"} for row in range(3)], vectors=np.eye(3, dtype=np.float32))
    access = Access()
    transport = httpx.ASGITransport(application(AppSession(bare), access, 8421))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        await http.post("/session", content=access.new_token())
        for side in ("192", "512"):
            reply = await http.get(f"{access.path}/pictures", params={"of": "case:c1", "side": side})
            assert (reply.status_code, reply.content) == (204, b"")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"of": "case:no such"}, "no case"),
        ({"of": "/etc/passwd"}, "no picture"),
        ({"of": "../../etc/passwd"}, "no picture"),
        ({"of": "file:///etc/passwd"}, "no picture"),
        ({"of": "img_0000000000000000"}, "no picture"),
        ({"of": ""}, "no picture"),
        ({"of": "case:x", "side": "100000"}, "side is one of"),
    ],
)
async def test_nothing_else_is_opened(inside: httpx.AsyncClient, query: dict[str, str], said: str) -> None:
    reply = await inside.get("/pictures", params=query)
    assert reply.status_code == 400
    assert said in reply.json()["error"]["message"]


async def test_what_is_no_picture_or_too_large_is_refused_in_one_line(inside: httpx.AsyncClient) -> None:
    for content, said in ((b"<svg onload=alert(1)>", "picture"), (b"x" * 200_001, "send less")):
        reply = await inside.post("/pictures", content=content)
        assert reply.status_code == 400
        assert said in reply.json()["error"]["message"]
        assert "\n" not in reply.json()["error"]["message"]
