"""Blocks for assistants, read by the readers of their formats, and the names that servers get."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import anyio
import pytest
import yaml
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from dermtools.errors import DermtoolsError
from dermtools.mcp.assistants import ASSISTANTS, AssistantName, connection, name_for, this_program
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE

READERS = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
LOCAL: list[AssistantName] = [name for name, about in ASSISTANTS.items() if not about.by_address]


def entry_in(assistant: AssistantName, block: str) -> Any:
    about = ASSISTANTS[assistant]
    return READERS[about.format](block)[about.servers]["dermtools"]


def test_every_assistant_that_can_be_named_is_described() -> None:
    assert set(ASSISTANTS) == set(get_args(AssistantName))


@pytest.mark.parametrize("assistant", LOCAL)
@pytest.mark.parametrize("awkward", ["a folder", 'quo"te', "back\\slash", "Größe", "#hash: x", "'"])
def test_a_block_holds_the_command_word_for_word(assistant: AssistantName, awkward: str) -> None:
    command = ["/bin/dermtools", "mcp", f"/data/{awkward}", "--allow", f"/photos/{awkward}"]
    entry = entry_in(assistant, ASSISTANTS[assistant].block("dermtools", command))
    assert [entry["command"], *entry["args"]] == command


async def test_the_command_of_a_block_starts_a_server(case_base: CaseBase, tmp_path: Path) -> None:
    block = ASSISTANTS["claude-desktop"].block("dermtools", [*this_program(), "mcp", str(case_base.path)])
    entry = entry_in("claude-desktop", block)
    # As assistants do: in a folder of theirs, with few variables.
    parameters = StdioServerParameters(command=entry["command"], args=entry["args"], cwd=tmp_path)
    with anyio.fail_after(PATIENCE), (tmp_path / "log").open("w") as log:
        async with Client(stdio_client(parameters, errlog=log), read_timeout_seconds=PATIENCE) as client:
            assert "search_similar_cases" in {tool.name for tool in (await client.list_tools()).tools}


def test_open_webui_gets_an_address_and_no_key() -> None:
    [open_one] = json.loads(connection("http://127.0.0.1:8765/mcp", with_token=False))
    [guarded] = json.loads(connection("http://127.0.0.1:8765/mcp", with_token=True))
    assert (open_one["type"], open_one["url"], open_one["auth_type"]) == ("mcp", "http://127.0.0.1:8765/mcp", "none")
    assert (guarded["auth_type"], guarded["key"]) == ("bearer", "")


def test_a_server_over_another_case_base_keeps_its_name() -> None:
    there = {"dermtools": {"args": ["mcp", "/data/first"]}}
    assert name_for(Path("/data/first"), there) == "dermtools"
    assert name_for(Path("/data/my second"), there) == "dermtools-my-second"
    with pytest.raises(DermtoolsError, match="over other case bases already"):
        name_for(Path("/other/x"), {**there, "dermtools-x": {"args": ["mcp", "/data/x"]}})


def test_an_entry_that_is_no_server_of_ours_is_left_alone() -> None:
    assert name_for(Path("/data/first"), {"dermtools": {"url": "https://derm.example/mcp"}}) == "dermtools-first"


@pytest.mark.skipif(sys.platform != "linux", reason="places are other ones there")
def test_places_follow_the_variables_that_their_makers_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert ASSISTANTS["codex"].place() == tmp_path / "codex" / "config.toml"
    assert ASSISTANTS["zed"].place() == tmp_path / "config" / "zed" / "settings.json"
    assert ASSISTANTS["claude-desktop"].place() is None
