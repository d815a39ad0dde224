"""What is published: built twice, from two clones and from the sdist, it is the same bytes; small, and without data."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LARGEST = {"wheel": 1_500_000, "sdist": 1_500_000}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Path]]:
    """Wheel and sdist of the last commit, from two shallow clones without tags, with another umask and other times."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    made = []
    for name, mask in (("first", 0o022), ("second", 0o077)):
        clone = tmp_path_factory.mktemp(name) / "clone"
        subprocess.run(["git", "clone", "-q", "--depth", "1", "--no-tags", ROOT.as_uri(), str(clone)], check=True)
        made.append(build(clone, mask))
    return made


def build(folder: Path, mask: int = 0o022, *only: str) -> dict[str, Path]:
    command = [sys.executable, "-m", "hatchling", "build", *only]
    # The time of the commit, as `make dist` gives it.
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(command, cwd=folder, env=environment, umask=mask, check=True, capture_output=True)
    kinds = {".whl": "wheel", ".gz": "sdist"}
    return {kinds[path.suffix]: path for path in (folder / "dist").iterdir()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_builds_are_the_same_bytes(builds: list[dict[str, Path]]) -> None:
    first, second = builds
    assert first.keys() == LARGEST.keys()
    assert {kind: (path.name, digest(path)) for kind, path in first.items()} == {
        kind: (path.name, digest(path)) for kind, path in second.items()
    }


def test_the_version_is_that_of_the_tag(builds: list[dict[str, Path]]) -> None:
    clone = builds[1]["wheel"].parent.parent
    assert builds[1]["wheel"].name.startswith("dermtools-0.0.1.dev1-")
    subprocess.run(["git", "-C", str(clone), "tag", "v7.8.9"], check=True)
    said = subprocess.run([sys.executable, "-m", "hatchling", "version"], cwd=clone, capture_output=True, text=True)
    assert said.stdout.strip() == "7.8.9"


def test_the_sdist_alone_makes_the_same_wheel(builds: list[dict[str, Path]], tmp_path: Path) -> None:
    with tarfile.open(builds[0]["sdist"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    wheel = build(folder, 0o022, "-t", "wheel")["wheel"]
    assert (wheel.name, digest(wheel)) == (builds[0]["wheel"].name, digest(builds[0]["wheel"]))


def test_both_are_small_and_hold_no_data(builds: list[dict[str, Path]]) -> None:
    with tarfile.open(builds[0]["sdist"]) as archive:
        held = {"sdist": archive.getnames()}
    held["wheel"] = zipfile.ZipFile(builds[0]["wheel"]).namelist()
    for kind, names in held.items():
        assert builds[0][kind].stat().st_size < LARGEST[kind]
        data = (".lance", ".safetensors", ".png", ".jpg", ".csv", ".jsonl", ".pyc")
        assert [name for name in names if name.endswith(data) or "/tests/" in name] == []
    assert "dermtools/_version.py" in held["wheel"]
    assert "dermtools/pages/app.html" in held["wheel"]
