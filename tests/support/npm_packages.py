"""The npm packages that the page is built from, as page/package-lock.json names them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = ROOT / "page"
NO_NPM = "no npm is installed; on Debian: apt-get install npm"
_UNREACHED = re.compile(r"\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH)\b")


def install(folder: Path) -> Path:
    """Install them below `folder`; where they are then. Skips without npm, and where no registry is reached."""
    if shutil.which("npm") is None:
        pytest.skip(NO_NPM)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PAGE / name, folder)
    done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, check=False)
    if _UNREACHED.search(done.stderr):
        pytest.skip("the packages of page/package-lock.json cannot be installed: npm reaches no registry")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "node_modules"
