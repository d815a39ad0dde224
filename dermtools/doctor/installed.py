"""Which of the packages that dermtools asks for are installed, by their metadata: nothing is imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from packaging.requirements import Requirement

from dermtools.doctor.finding import Finding

NAME = "dermtools"
MAIN = (
    "torch",
    "faiss-cpu",
    "pylance",
    "pyarrow",
    "numpy",
    "pillow",
    "langchain",
    "langchain-core",
    "langchain-openai",
)
"""Those whose versions are asked for in a report of a fault."""
_OTHER_BUILDS = {"faiss-cpu": "faiss", "torch": "torch"}
"""Packages that come under other names too, for a GPU or from conda, and the module that all of them hold."""
_TOGETHER = ("all",)
"""Extras that hold others."""


@dataclass(frozen=True)
class Package:
    """One that dermtools asks for."""

    name: str
    wanted: str
    """Versions that will do, such as `>=2`; empty where any will."""
    version: str | None
    """What is installed; None where nothing is, and empty where it is there under another name."""

    @property
    def problem(self) -> str | None:
        """Why it will not do, in words."""
        if self.version is None:
            return f"{self.name} is missing"
        if self.version and not Requirement(f"{NAME}{self.wanted}").specifier.contains(self.version, prereleases=True):
            return f"{self.name} {self.version} is installed, and {self.wanted} is needed"
        return None


@dataclass(frozen=True)
class Extra:
    """An extra with the packages that it adds."""

    name: str
    packages: tuple[Package, ...]

    @property
    def missing(self) -> list[str]:
        """Packages that are not there or will not do."""
        return [package.name for package in self.packages if package.problem]

    @property
    def is_installed(self) -> bool:
        """Whether all of it is there; an extra that this Python has no package for is not."""
        return bool(self.packages) and not self.missing


def core() -> tuple[Package, ...]:
    """What every installation needs; empty where dermtools itself is not installed as a package."""
    return tuple(map(_package, _requirements("")))


def extras() -> tuple[Extra, ...]:
    """Every extra but `all`, in the order of their names."""
    known = sorted(name for name in _metadata_list("Provides-Extra") if name not in _TOGETHER)
    return tuple(Extra(name, tuple(map(_package, _requirements(name)))) for name in known)


def findings(packages: tuple[Package, ...]) -> Iterator[Finding]:
    """What is wrong with the packages that every installation needs."""
    if not packages:
        what = "dermtools runs from its sources and is not installed, so what it needs is not known"
        yield Finding(what, "pip install --editable . (in its folder)")
    elif wrong := [package.problem for package in packages if package.problem]:
        repair = " ".join(f"'{one.name}{one.wanted}'" for one in packages if one.problem)
        yield Finding("; ".join(map(str, wrong)), f"pip install {repair}")


def _requirements(extra: str) -> list[Requirement]:
    """Those of an extra alone, with what the extras that it names ask for; of the core where it is empty."""
    found: list[Requirement] = []
    for line in _metadata_list("Requires-Dist"):
        one = Requirement(line)
        in_core = one.marker is None or one.marker.evaluate({"extra": ""})
        if in_core == (extra != "") or not (in_core or (one.marker and one.marker.evaluate({"extra": extra}))):
            continue
        found += [more for name in one.extras for more in _requirements(name)] if one.name == NAME else [one]
    return found


def _package(wanted: Requirement) -> Package:
    try:
        version: str | None = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        module = _OTHER_BUILDS.get(wanted.name)
        version = "" if module and find_spec(module) else None
    return Package(wanted.name, str(wanted.specifier), version)


def _metadata_list(field: str) -> list[str]:
    try:
        return metadata.metadata(NAME).get_all(field) or []
    except metadata.PackageNotFoundError:
        return []


def versions(packages: tuple[Package, ...]) -> dict[str, str | None]:
    """Python's version and those of `packages`, by name."""
    return {"python": ".".join(map(str, sys.version_info[:3])), **{one.name: one.version for one in packages}}
