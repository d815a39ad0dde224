"""What stands beside the code agrees with it: versions, links, paths that the documents name, checks that are run."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version

from dermtools.version import __version__
from docs.generator import generated
from tests.support.paths import ROOT
from tests.support.release import NAMED

DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("p*/README.md")]
MADE_FOR_THE_SITE = {ROOT / "docs" / path for path in generated.pages()}
PATHS = re.compile(r"`((?:dermtools|tests|docs|examples|benchmarks|prompts|plugin|\.github)/[\w./-]+)`")


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_every_file_that_names_the_version_names_this_one() -> None:
    server = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
    plugin = json.loads((ROOT / "plugin/.claude-plugin/plugin.json").read_text(encoding="utf-8"))
    named = {
        "server.json": server["version"],
        "its package": server["packages"][0]["version"],
        "plugin.json": plugin["version"],
    }
    assert named == dict.fromkeys(named, NAMED)
    version = Version(__version__)
    # Between two releases, and where nobody knows, the version is none that a file could name.
    assert version.is_prerelease or __version__ in ("0.0.0", NAMED)
    assert f"## {NAMED}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_has_what_its_format_requires() -> None:
    citation = read_yaml("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert all(author.keys() == {"name"} for author in citation["authors"])


def test_one_address_of_the_repository() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert urls["Repository"] == read_yaml("CITATION.cff")["repository-code"]
    assert all(url.startswith(urls["Repository"]) for url in urls.values())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_of_a_document_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    paths = [(document.parent / link).resolve() for link in links]
    assert [path for path in paths if not path.exists() and path not in MADE_FOR_THE_SITE] == []
    assert [path for path in PATHS.findall(text) if not (ROOT / path).exists()] == []


def test_each_test_of_the_threat_table_exists() -> None:
    table = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("| asset | way in |")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert tests, f"no test in {row}"
        for path, name in tests:
            assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), row


@pytest.mark.parametrize("workflow", ["tests", "publish"])
def test_a_workflow_runs_the_tests_with_no_more_rights_than_it_needs(workflow: str) -> None:
    jobs = read_yaml(f".github/workflows/{workflow}.yml")
    commands = [step.get("run", "") for job in jobs["jobs"].values() for step in job["steps"]]
    assert any(command.startswith("make test") for command in commands)
    assert jobs["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in jobs["jobs"].items() if "permissions" in job}
    assert more == ({"publish": {"id-token": "write"}} if workflow == "publish" else {})


def test_a_commit_is_checked_by_what_make_checks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin")
    (repository,) = read_yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["entry"].removesuffix(" --force-exclude") in makefile
