"""`list_pictures` and `view_pictures`: a way to the user's picture without an attachment, and a look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp import Client

from dermtools.agent import DermToolkit
from dermtools.errors import ImageError, QueryError
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, ImageGrants, Workspace
from tests.support.tool_calls import called


@pytest.fixture
def downloads(tmp_path: Path, drawn_jpeg: bytes) -> Path:
    folder = tmp_path / "anna" / "Downloads"
    folder.mkdir(parents=True)
    (folder / "photo.jpg").write_bytes(drawn_jpeg)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def granted(case_base: CaseBase, downloads: Path) -> Workspace:
    return Workspace(case_base, grants=ImageGrants.allow(folders=[downloads]))


def test_a_listed_name_is_searched_with_as_it_stands(granted: Workspace) -> None:
    listed = called(granted, "list_pictures")
    assert {one["file"] for one in listed.artifact["files"]} == {"Downloads/photo.jpg", "Downloads/broken.jpg"}
    assert listed.artifact["pictures"] == []
    assert "anna" not in f"{listed.text}{listed.artifact}"
    for name in ("Downloads/photo.jpg", "photo.jpg"):
        assert called(granted, "search_similar_cases", image=name, k=2).artifact["query"].startswith("img_")


@pytest.mark.parametrize("name", ["img_2024", "scan:1", "case:x", "data:x"])
def test_a_folder_that_is_called_like_a_handle_or_an_address_is_listed_under_a_name_that_reads_back(
    case_base: CaseBase, tmp_path: Path, drawn_jpeg: bytes, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(drawn_jpeg)
    workspace = Workspace(case_base, grants=ImageGrants.allow(folders=[folder]))
    [listed] = called(workspace, "list_pictures").artifact["files"]
    assert workspace.handle(listed["file"], DermContext()).startswith("img_")


def test_pictures_of_a_list_are_shown_on_request_and_an_unreadable_one_is_said(granted: Workspace) -> None:
    context = DermContext()
    listed = called(granted, "list_pictures", context, show_pictures=True)
    handles = {one["file"]: one["handle"] for one in listed.artifact["files"]}
    assert handles["Downloads/broken.jpg"] is None
    assert listed.artifact["pictures"] == [handles["Downloads/photo.jpg"]]
    assert context.images.get(handles["Downloads/photo.jpg"]).jpeg
    assert len(listed.artifact["notes"]) == 1
    assert "anna" not in listed.text


def test_it_is_offered_only_where_a_folder_is_granted(case_base: CaseBase, granted: Workspace) -> None:
    def names(toolkit: DermToolkit) -> set[str]:
        return {tool.name for tool in toolkit.get_tools()}

    with_folder = names(DermToolkit.over(case_base, grants=granted.grants))
    assert with_folder - names(DermToolkit.over(case_base)) == {"list_pictures"}


def test_the_description_names_the_folders(granted: Workspace, workspace: Workspace) -> None:
    described = called(granted, "describe_case_base")
    assert described.artifact["folders"] == ["Downloads"]
    assert "folders that list_pictures looks into: Downloads" in described.text
    assert "list_pictures" not in called(workspace, "describe_case_base").text


def test_viewing_names_each_picture_once_and_says_what_to_do_if_none_is_seen(granted: Workspace) -> None:
    context = DermContext()
    handle = granted.handle("photo.jpg", context)
    result = called(granted, "view_pictures", context, handles=[handle, "case:drawn_p01_1", handle])
    assert result.artifact["pictures"] == [handle, "case:drawn_p01_1"]
    assert result.artifact["case_ids"] == ["drawn_p01_1"]
    assert "If you see none, pictures cannot be shown to you here" in result.text


def test_what_is_not_there_or_hidden_from_a_run_is_not_viewed(granted: Workspace) -> None:
    hidden = DermContext(where="location = 'face'")
    other = next(
        case.case_id
        for case in map(granted.case_base.case, granted.case_base.columns.case_ids)
        if "face" not in case.labels["location"]
    )
    with pytest.raises(QueryError, match="not open to this run"):
        called(granted, "view_pictures", hidden, handles=[f"case:{other}"])
    with pytest.raises(ImageError, match="no picture"):
        called(granted, "view_pictures", handles=["img_0123456789abcdef"])


def test_exemplars_show_no_picture_unless_asked_to(workspace: Workspace) -> None:
    asked = {"task": "location", "image": "case:drawn_p01_1"}
    assert called(workspace, "format_exemplars", **asked).artifact["pictures"] == []
    assert called(workspace, "format_exemplars", **asked, show_pictures=True).artifact["pictures"]


async def test_over_mcp_both_give_images(case_base: CaseBase, granted: Workspace) -> None:
    server = CaseBaseServer(ServedCaseBase(case_base.path, grants=granted.grants))
    async with Client(server.protocol) as client:
        listed = await client.call_tool("list_pictures", {"show_pictures": True})
        viewed = await client.call_tool("view_pictures", {"handles": ["photo.jpg", "case:drawn_p01_1"]})
    assert [block.type for block in listed.content].count("image") == 1
    assert [block.type for block in viewed.content].count("image") == 2
