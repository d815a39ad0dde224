"""What is asked for and what is there, read from metadata; against pyproject.toml and pip's own reading."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from dermtools.doctor import installed
from dermtools.doctor.installed import Extra, Package, core, extras, findings
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _of_extra(one: Requirement, extra: str) -> str:
    """As a build writes it into the metadata."""
    also, one.marker = f"({one.marker}) and " if one.marker else "", None
    return f'Requires-Dist: {one}; {also}extra == "{extra}"'


@pytest.fixture
def made_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The metadata of this source tree, before that of an installation made from an earlier one."""
    lines = ["Metadata-Version: 2.4", "Name: dermtools", "Version: 0"]
    lines += [f"Requires-Dist: {one}" for one in PROJECT["dependencies"]]
    for extra, wanted in PROJECT["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}", *(_of_extra(Requirement(one), extra) for one in wanted)]
    folder = tmp_path / "dermtools-0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("made_now")
def test_the_core_and_every_extra_are_those_of_the_project() -> None:
    assert {one.name for one in core()} == {Requirement(line).name for line in PROJECT["dependencies"]}
    assert {one.name for one in extras()} == PROJECT["optional-dependencies"].keys() - {"all"}
    by_name = {one.name: one for one in extras()}
    assert {one.name for one in by_name["app"].packages} == {"mcp", "PyJWT", "tomlkit"}
    for extra in by_name.values():
        for package in extra.packages:
            assert package.version is None or Version(package.version) == Version(metadata.version(package.name))


@pytest.mark.usefixtures("made_now")
def test_all_that_these_tests_need_is_there() -> None:
    assert list(findings(core())) == []
    assert {one.name for one in extras() if not one.is_installed} <= {"inspect", "ray"}


def test_what_is_missing_or_too_old_is_named_with_the_command_that_repairs_it() -> None:
    packages = (Package("numpy", ">=2", "1.26.4"), Package("torch", ">=2.6", None), Package("rich", ">=14", "14.1"))
    (finding,) = findings(packages)
    assert finding.serious
    assert finding.what == "numpy 1.26.4 is installed, and >=2 is needed; torch is missing"
    assert finding.remedy == "pip install 'numpy>=2' 'torch>=2.6'"


def test_an_extra_without_a_package_for_this_python_is_not_there() -> None:
    assert not Extra("ocr", ()).is_installed


def test_another_build_of_faiss_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installed.metadata, "version", version)
    built, lacking = map(installed._package, map(Requirement, ("faiss-cpu>=1.12", "numpy>=2")))
    assert (built.problem, lacking.problem) == (None, "numpy is missing")


def test_sources_that_are_not_installed_are_said_to_be_so() -> None:
    code = "from dermtools.doctor import installed; print([f.what for f in installed.findings(installed.core())])"
    packages = [str(Path(metadata.distribution(name).locate_file(""))) for name in ("packaging",)]
    start = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; "
    # Without site-packages, there is neither dermtools' metadata nor a package of anyone's but packaging.
    package = f"sys.path.append({packages[0]!r}); import packaging.requirements; sys.path.pop(); "
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", start + package + code], capture_output=True, text=True, check=True
    )
    assert (
        done.stdout.strip() == "['dermtools runs from its sources and is not installed, so what it needs is not known']"
    )
