"""What the page in a conversation may call: pictures in and out, within the bounds that hold for everybody."""

from __future__ import annotations

import base64
import io

import pytest
from mcp_types import CallToolResult
from PIL import Image

from dermtools.agent import ImageGrants
from dermtools.mcp import app_tools
from dermtools.mcp.app_tools import APP_TOOLS
from dermtools.mcp.served import ServedCaseBase
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext
from dermtools.tools.pictures.recent_images import RecentImages
from tests.support.bombs import jpeg_of_scans

CASES = ["case:drawn_p01_1", "case:drawn_p02_1", "case:drawn_p03_1"]


@pytest.fixture
def served(case_base: CaseBase) -> ServedCaseBase:
    return ServedCaseBase(case_base.path, grants=ImageGrants())


@pytest.fixture
def photograph(case_base: CaseBase) -> str:
    return base64.b64encode(case_base.jpeg("drawn_p01_1")).decode()


def call(served: ServedCaseBase, tool: str, context: DermContext | None = None, **given: object) -> CallToolResult:
    return APP_TOOLS[tool].call(served, given, context or served.context)


def test_an_uploaded_picture_gets_a_handle_that_the_other_tools_take(served: ServedCaseBase, photograph: str) -> None:
    from dermtools.mcp.tools import call_tool

    taken = call(served, "upload_picture", picture=photograph, name="left arm.jpg").structured_content
    assert taken == {"handle": taken["handle"], "name": "left arm.jpg"}
    found = call_tool(served, "search_similar_cases", {"image": taken["handle"]})
    assert found.structured_content["query"] == taken["handle"]
    assert "drawn_p01_1" not in found.structured_content["case_ids"]


def test_another_session_has_no_such_picture(served: ServedCaseBase, photograph: str) -> None:
    handle = call(served, "upload_picture", picture=photograph).structured_content["handle"]
    other = DermContext(images=RecentImages())
    assert call(served, "get_pictures", other, handles=[handle]).structured_content["missing"] == [handle]
    assert call(served, "get_pictures", handles=[handle]).structured_content["handles"] == [handle]


@pytest.mark.parametrize("picture", ["/etc/passwd", "file:///etc/passwd", "https://evil.example/a.jpg", "AA==", ""])
def test_only_bytes_of_a_picture_are_taken(served: ServedCaseBase, picture: str) -> None:
    refused = call(served, "upload_picture", picture=picture)
    assert refused.is_error
    assert "passwd" not in refused.content[0].text


def test_a_bomb_is_refused_before_it_is_decoded(served: ServedCaseBase) -> None:
    refused = call(served, "upload_picture", picture=base64.b64encode(jpeg_of_scans(4000, 64)).decode())
    assert refused.is_error


def test_pictures_come_small_clean_and_in_the_order_that_is_said(served: ServedCaseBase) -> None:
    result = call(served, "get_pictures", handles=[*CASES, "case:nobody", "img_unknown"])
    assert result.structured_content == {"handles": CASES, "left_out": [], "missing": ["case:nobody", "img_unknown"]}
    sizes = [Image.open(io.BytesIO(base64.b64decode(one.data))).size for one in result.content[1:]]
    assert len(sizes) == len(CASES)
    assert all(max(size) <= 192 for size in sizes)


def test_what_does_not_fit_is_left_out_and_comes_when_asked_again(
    served: ServedCaseBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_tools, "MAX_BYTES", 1)
    wanted, came = list(CASES), []
    while wanted:
        result = call(served, "get_pictures", handles=wanted, side=512).structured_content
        came += result["handles"]
        wanted = result["left_out"]
    assert came == CASES


@pytest.mark.parametrize(
    "given", [{"handles": []}, {"handles": ["case:x"] * 25}, {"handles": ["case:x"], "side": 4096}, {"paths": ["/"]}]
)
def test_other_arguments_are_refused(served: ServedCaseBase, given: dict[str, object]) -> None:
    assert call(served, "get_pictures", **given).is_error
