"""The Inspector, the protocol's own debugging client, in its command-line mode."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import COMMAND, PATIENCE, HttpServer

PACKAGE = "@modelcontextprotocol/inspector@2.12.0"
INSTALL_SECONDS = 240


@pytest.fixture(scope="module")
def inspector() -> Path:
    """The installed program, in a folder that is kept between runs."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: the Inspector cannot be installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "dermtools-tests" / PACKAGE.replace("/", "-")
    program = folder / "node_modules" / ".bin" / "mcp-inspector"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not install the Inspector within {INSTALL_SECONDS} s")
        if done.returncode:
            pytest.skip(f"npm could not install the Inspector: {done.stderr.strip()[:200]}")
    return program


def asked(inspector: Path, target: list[str], *options: str) -> Any:
    """What the Inspector prints of one request."""
    command = [str(inspector), "--cli", *target, "--method", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_and_calls_over_stdio(inspector: Path, case_base: CaseBase) -> None:
    target = [*COMMAND, str(case_base.path)]
    tools = asked(inspector, target, "tools/list")["tools"]
    assert {"search_similar_cases", "describe_case_base"} <= {tool["name"] for tool in tools}
    call = ("tools/call", "--tool-name", "search_similar_cases", "--tool-arg", "image=case:drawn_p01_1", "k=3")
    result = asked(inspector, target, *call)
    expected = case_base.search(case_id="drawn_p01_1", k=3, max_per_group=1)
    assert result["structuredContent"]["case_ids"] == expected.case_ids


def test_the_inspector_reads_over_http(inspector: Path, web: HttpServer) -> None:
    target = [web.url, "--transport", "http"]
    prompts = asked(inspector, target, "prompts/list")["prompts"]
    assert "classify_location" in {prompt["name"] for prompt in prompts}
    read = asked(inspector, target, "resources/read", "--uri", "dermtools://case-base")
    assert json.loads(read["contents"][0]["text"])["cases"] == 42
    templates = asked(inspector, target, "resources/templates/list")["resourceTemplates"]
    assert len(templates) == 3
