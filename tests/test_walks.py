"""The walks that docs/design.md describes are those that a picture takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from mcp import Client

from dermtools.agent import DermToolkit
from dermtools.cli.app import app
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.retrieval import CaseBase
from dermtools.tools import ImageGrants
from tests.support.paths import ROOT
from tests.support.walk import walk

STEP = re.compile(r"^\d+\. `dermtools/([\w/]+\.py)`", re.MULTILINE)
TOOL = "search_similar_cases"

RESOLVES = ("tools/pictures/image_store.py", "tools/workspace.py")
AGAIN = ("mcp/served.py", "mcp/tools.py")


def steps(heading: str) -> list[str]:
    """The file that each numbered step under a heading begins with."""
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    return STEP.findall(text.split(f"### {heading}\n")[1].split("\n### ")[0])


@pytest.fixture
def picture(tmp_path: Path, drawn_jpeg: bytes) -> Path:
    path = tmp_path / "picture.jpg"
    path.write_bytes(drawn_jpeg)
    return path


def by_command(case_base: Path, picture: Path) -> Callable[[], None]:
    return lambda: app(["search", str(case_base), str(picture)], standalone_mode=False)


def by_tool(case_base: Path, picture: Path) -> Callable[[], None]:
    toolkit = DermToolkit.over(CaseBase.open(case_base), grants=ImageGrants.allow(folders=[picture.parent]))
    tool = toolkit.tool(TOOL)
    return lambda: tool.invoke({"image": str(picture)})


def by_mcp(case_base: Path, picture: Path) -> Callable[[], None]:
    served = ServedCaseBase(case_base, grants=ImageGrants.allow(folders=[picture.parent]))
    server = CaseBaseServer(served)

    async def ask() -> None:
        async with Client(server.protocol) as client:
            assert not (await client.call_tool(TOOL, {"image": str(picture)})).is_error

    return lambda: anyio.run(ask)


@pytest.mark.parametrize(
    ("heading", "prepare", "climbs"),
    [
        ("A picture from `dermtools search`", by_command, set()),
        ("A picture from a LangChain tool call", by_tool, {RESOLVES}),
        ("A picture from an MCP call", by_mcp, {RESOLVES, AGAIN}),
    ],
    ids=["search", "tool", "mcp"],
)
def test_a_walk_goes_through_the_files_that_the_design_names(
    heading: str,
    prepare: Callable[[Path, Path], Callable[[], None]],
    climbs: set[tuple[str, str]],
    case_base: CaseBase,
    picture: Path,
) -> None:
    seen = walk(prepare(case_base.path, picture))
    named = steps(heading)
    assert len(named) == len(set(named)) > 10
    assert [file for file in seen.files if file in named] == named
    assert set(seen.climbs) == climbs
