"""The built page: the same bytes from the same sources, small, and with nothing that is loaded from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from dermtools.pages import app_page
from tests.support.npm_packages import PAGE, install
from tests.support.paths import ROOT


def test_it_is_what_its_sources_build(tmp_path: Path) -> None:
    copy = tmp_path / "project" / "page"
    shutil.copytree(PAGE, copy, ignore=shutil.ignore_patterns("node_modules"))
    pages = tmp_path / "project" / "dermtools" / "pages"
    shutil.copytree(ROOT / "dermtools" / "pages", pages)
    install(copy)
    for script in ("check", "build"):
        done = subprocess.run(["npm", "run", script], cwd=copy, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    for name in ("app.html", "notebook.js", "app-licences.txt"):
        assert (pages / name).read_bytes() == (ROOT / "dermtools" / "pages" / name).read_bytes(), (
            f"run make page: {name}"
        )


def test_it_is_smaller_than_300_kilobytes() -> None:
    assert len(app_page().encode()) < 300_000


def test_it_loads_nothing_from_elsewhere() -> None:
    page = app_page()
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?(?!data:)\w", page)
    assert set(re.findall(r"https?://[\w.-]+", page)) <= {"http://www.w3.org"}
