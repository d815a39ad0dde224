"""What a client reads before it calls anything is what works on this server."""

from __future__ import annotations

from pathlib import Path

from dermtools.agent import ImageGrants
from dermtools.mcp.instructions import instructions
from dermtools.mcp.prompts import list_prompts
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import list_tools
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import stdio


def test_without_a_grant_neither_folders_nor_addresses_are_spoken_of(case_base: CaseBase) -> None:
    said = instructions(ServedCaseBase(case_base.path, grants=ImageGrants()))
    assert "A picture is given as img_... of an attached picture or an earlier call or case:ID." in said
    assert [word for word in ("folder", "list_pictures", "address", "data: URL") if word in said] == []


def test_instructions_tools_and_prompts_name_the_same_ways(case_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "Inbox").mkdir()
    grants = ImageGrants.allow(folders=[tmp_path / "Inbox"], data_urls=True, hosts=["images.example.org"])
    served = ServedCaseBase(case_base.path, grants=grants)
    [tool] = [one for one in list_tools(served) if one.name == "search_similar_cases"]
    words = tool.input_schema["properties"]["image"]["description"]
    ways = words.removeprefix("The picture: ").partition(". Example")[0]
    assert "Inbox" in ways
    assert f"given as {ways}. list_pictures names" in instructions(served)
    described = [one for prompt in list_prompts(served) for one in prompt.arguments or () if one.name == "image"]
    assert {one.description for one in described} == {words}


async def test_a_client_is_told_when_it_connects(case_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "Inbox").mkdir()
    async with stdio(case_base.path, "--allow", str(tmp_path / "Inbox")) as client:
        assert "a file in the folder Inbox" in (client.instructions or "")
