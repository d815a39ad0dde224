"""What assistants and the registry load: `server.json`, the plugin, its marketplace, the bundle's manifest."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.release import NAMED

PLUGIN = ROOT / "plugin"
BUNDLE = ROOT / "bundle"
MARKETPLACE = ROOT / ".claude-plugin" / "marketplace.json"


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def linter() -> str:
    """A linter that ships the registry's schemas and the rules of plugin folders."""
    pytest.importorskip("skillsaw", reason="skillsaw, which ships the schemas, is not installed")
    return "skillsaw"


def test_server_json_fits_the_registrys_schema(linter: str) -> None:
    entry = read(ROOT / "server.json")
    version = entry["$schema"].split("/")[-2].replace("-", "_")
    schema = json.loads(
        resources.files(f"{linter}.schemas.mcp_registry.v{version}").joinpath("server.schema.json").read_text()
    )
    jsonschema.Draft7Validator(schema).validate(entry)


@pytest.mark.parametrize("name", ["server.json", "plugin"])
def test_the_linter_finds_no_error(linter: str, name: str, tmp_path: Path) -> None:
    place = tmp_path / "checked"
    if name == "plugin":
        shutil.copytree(PLUGIN, place)
    else:
        place.mkdir()
        shutil.copy(ROOT / name, place)
    run = subprocess.run([sys.executable, "-m", linter, "lint", str(place)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_versions_are_those_of_the_release() -> None:
    entry = read(ROOT / "server.json")
    assert {entry["version"], entry["packages"][0]["version"]} == {NAMED}
    assert read(PLUGIN / ".claude-plugin" / "plugin.json")["version"] == NAMED
    assert read(BUNDLE / "manifest.json")["version"] == NAMED
    [plugin] = read(MARKETPLACE)["plugins"]
    assert plugin["version"] == NAMED


def test_the_registrys_arguments_start_the_command() -> None:
    package = read(ROOT / "server.json")["packages"][0]
    arguments = []
    for argument in package["packageArguments"]:
        value = argument.get("value", "x")
        arguments += [value] if argument["type"] == "positional" else [argument["name"], value]
    assert_accepted(arguments)


def test_the_plugins_arguments_start_the_command() -> None:
    server = read(PLUGIN / ".mcp.json")["mcpServers"]["dermtools"]
    asked = set(read(PLUGIN / ".claude-plugin" / "plugin.json")["userConfig"])
    used = {word.removeprefix("${user_config.").rstrip("}") for word in server["args"] if "user_config" in word}
    assert used == asked
    assert server["command"] == "dermtools"
    assert_accepted(server["args"])


def test_the_marketplace_offers_the_plugin_folder() -> None:
    [plugin] = read(MARKETPLACE)["plugins"]
    there = read(ROOT / plugin["source"] / ".claude-plugin" / "plugin.json")
    assert {key: plugin[key] for key in ("name", "description", "version")} == {
        key: there[key] for key in ("name", "description", "version")
    }


def test_the_bundles_arguments_start_the_command() -> None:
    manifest = read(BUNDLE / "manifest.json")
    start = manifest["server"]["mcp_config"]["args"]
    arguments = start[start.index(manifest["server"]["entry_point"]) + 1 :]
    used = {word.removeprefix("${user_config.").rstrip("}") for word in arguments if "user_config" in word}
    assert used == set(manifest["user_config"])
    run = subprocess.run(
        [sys.executable, str(BUNDLE / "server.py"), *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert (run.returncode, run.stderr[:7]) == (1, "error: ")
    assert "could be granted" in run.stderr or "no case base" in run.stderr


def test_the_registry_and_the_bundle_ask_for_extras_that_there_are() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    [with_extras] = read(ROOT / "server.json")["packages"][0]["runtimeArguments"]
    [bundled] = tomllib.loads((BUNDLE / "pyproject.toml").read_text())["project"]["dependencies"]
    for asked in (with_extras["value"], bundled):
        named = asked.removeprefix("dermtools[").rstrip("]").split(",")
        assert {"mcp", "encoder"} <= set(named) <= set(extras)


def test_the_plugins_skill_names_tools_that_there_are() -> None:
    from dermtools.tools.catalog import CATALOG

    text = (PLUGIN / "skills" / "similar-cases" / "SKILL.md").read_text()
    _, front, body = text.split("---\n", 2)
    assert yaml.safe_load(front)["name"] == "similar-cases"
    named = {word.strip("`.,") for word in body.split() if word.startswith("`") and "_" in word}
    needed = {"search_similar_cases", "describe_case_base", "list_pictures", "view_pictures"}
    assert needed <= named
    assert named <= {*CATALOG, "img_..."} | {word for word in named if word.startswith("(`img_")}


def test_the_snippets_of_the_page_on_assistants_start_the_command() -> None:
    text = (ROOT / "docs" / "assistants.md").read_text(encoding="utf-8")
    snippets = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    servers = [
        each
        for snippet in snippets
        for each in {**snippet.get("mcpServers", {}), **snippet.get("servers", {})}.values()
    ]
    started = [server for server in servers if "command" in server]
    assert started
    for server in started:
        assert server["command"] == "dermtools"
        assert_accepted(server["args"])


def test_the_readme_has_the_registrys_marker() -> None:
    marker = f"mcp-name: {read(ROOT / 'server.json')['name']}"
    assert marker in (ROOT / "README.md").read_text(encoding="utf-8")


def assert_accepted(arguments: list[str]) -> None:
    """The command line takes these arguments: it gets as far as saying that there is no such case base."""
    program = "from dermtools.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert "no case base" in run.stderr or "could be granted" in run.stderr
