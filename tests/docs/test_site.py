"""The site is built without a warning, opens from its folder, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generator.__main__ import lay_out
from tests.support.chromium import EXECUTABLE, Page, browsing
from tests.support.paths import ROOT
from tests.support.patience import SAFETY_NET

WIDE, NARROW = 1280, 390


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    lay_out(folder / "build")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", folder / "build" / "mkdocs.yml"],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if not line.startswith("INFO"))
    return folder / "site"


def test_no_page_names_a_file_of_another_machine_to_load(site: Path) -> None:
    loading = re.compile(r"<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+")
    in_styles = re.compile(r"(?:url\(|@import) *[\"']?https?://[^)\"']+")
    found = {page.name: loading.findall(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    found |= {style.name: in_styles.findall(style.read_text(encoding="utf-8")) for style in site.rglob("*.css")}
    assert {name: several for name, several in found.items() if several} == {}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if EXECUTABLE is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.mark.parametrize(("width", "step"), [(NARROW, 1), (WIDE, 6)])
def test_pages_fit_their_window_and_load_files_alone(width: int, step: int, site: Path, opened: Page) -> None:
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    scheme = "document.body.dataset.mdColorScheme"
    broken = "[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
    # 404.html is for servers: it names its files from their root.
    pages = [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]
    for number, path in enumerate(pages[::step]):
        dark = number % 2 == 1
        opened.open(path, width=width, dark=dark)
        found = [opened.value(one) for one in (beyond, broken, scheme)]
        assert (path.name, found) == (path.name, [0, [], "slate" if dark else "default"])
    assert opened.problems == []
    assert {url.partition(":")[0] for url in opened.requests} <= {"file", "data", "blob", "about"}


def test_search_finds_a_page_without_a_network(site: Path, opened: Page) -> None:
    opened.open(site / "index.html", width=WIDE)
    opened.value("document.querySelector('[data-md-toggle=search]').click()")
    opened.value(
        "(() => { const field = document.querySelector('.md-search__input'); field.focus(); field.value = 'pseudonyms';"
        "field.dispatchEvent(new Event('keyup')); })()"
    )
    found = "[...document.querySelectorAll('.md-search-result__link')].map(link => link.href).join(' ')"
    until = time.monotonic() + SAFETY_NET
    while "ingest.html" not in opened.value(found):
        assert time.monotonic() < until, "nothing was found"
        time.sleep(0.05)
