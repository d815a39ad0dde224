"""`python -m tests.installs.licences`: writes docs/licences.md, what `dermtools[all]` installs and under which licence.

By the metadata of what is installed here, which `make setup` pins.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "licences.md"
UNKNOWN = "not stated"
NAMES = {
    "Apache 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Other ways to write an SPDX expression."""
HEAD = """# Licences of what is installed

dermtools is under [Apache-2.0](../LICENSE). These are the packages that `pip install 'dermtools[all]'` installs, at the
versions of `constraints.txt` on Linux, and the licences that they state in their metadata; it is made by
`make licences` and says nothing of what a package holds of others'. The package of EfficientNet-Lite0's weights states
none: whoever passes an installation on leaves the extra `encoder` out, or asks its makers.

| package | version | licence |
| --- | --- | --- |
"""


def needed() -> dict[str, metadata.Distribution]:
    """Name to distribution of all that the extra `all` needs, dermtools apart, with all that they need in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    left = list(map(Requirement, [*project["dependencies"], *extras["all"]]))
    found: dict[str, metadata.Distribution] = {}
    seen: set[str] = set()
    while left:
        wanted = left.pop()
        name = canonicalize_name(wanted.name)
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        if name == "dermtools":
            left += [Requirement(line) for extra in wanted.extras for line in extras[extra]]
            continue
        found[name] = metadata.distribution(name)
        for line in found[name].requires or ():
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": one}) for one in ("", *wanted.extras)):
                left.append(inner)
    return dict(sorted(found.items()))


def licence(distribution: metadata.Distribution) -> str:
    """What a package states, as an SPDX expression where it is one."""
    stated = distribution.metadata
    if expression := stated.get("License-Expression"):
        return str(expression)
    classified = [line.rpartition(" :: ")[2] for line in stated.get_all("Classifier") or () if "License ::" in line]
    classified = [one for one in classified if one != "OSI Approved"]
    # Some put the whole text there.
    text = (stated.get("License") or "").strip().partition("\n")[0]
    words = classified or ([text] if text and text != "UNKNOWN" and len(text) < 60 else [])
    return " OR ".join(sorted({NAMES.get(one, one) for one in words})) or _by_text(distribution.read_text("LICENSE"))


def _by_text(text: str | None) -> str:
    return "MIT" if text and re.search(r"Permission is hereby granted, free of charge", text) else UNKNOWN


def page(distributions: Iterable[metadata.Distribution]) -> str:
    """The page's text."""
    rows = [f"| {one.name} | {one.version.partition('+')[0]} | {licence(one)} |" for one in distributions]
    return HEAD + "\n".join(sorted(rows, key=str.casefold)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(needed().values()), encoding="utf-8")
    sys.exit(0)
