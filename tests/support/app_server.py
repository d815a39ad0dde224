"""`dermtools app` as its own process, and a real browser before it; a view's promises are tested on what it draws."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.support.chromium import EXECUTABLE
from tests.support.patience import SAFETY_NET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COMMAND = (sys.executable, "-c", "from dermtools.cli import main; main()", "app")
WIDE, NARROW = 1280, 390
"""Window widths, CSS pixels: a desk and a telephone."""
NO_BROWSER = "no Chromium is installed; on Debian: apt-get install chromium"
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving pattern, where a test allows one
)  # fmt: skip


@dataclass(frozen=True)
class AppServer:
    """A server that runs."""

    process: subprocess.Popen[str]
    address: str
    """With the token; opens the page once."""

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.address.partition("/#")[0]


@contextlib.contextmanager
def serving(*arguments: str | Path, **environment: str) -> Iterator[AppServer]:
    """`dermtools app ARGUMENTS` on any free port, ended with the block."""
    command = [*COMMAND, *map(str, arguments), "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = ""
        while not (found := re.search(r"http://\S+", said)):
            line = process.stdout.readline()
            assert line, f"the server ended: {said}"
            said += line
        yield AppServer(process, found[0])
    finally:
        process.terminate()
        process.communicate(timeout=SAFETY_NET)


@dataclass
class Tab:
    """A browser's tab. `problems` collects what the page says on the console, and errors that nobody caught."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SAFETY_NET * 1000)
        self.page.on("console", lambda said: self.problems.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def check(self) -> None:
        """Nothing on the console, nothing that axe-core finds, and nothing wider than the window."""
        assert self.problems == []
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if EXECUTABLE is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SAFETY_NET * 1000)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(_FLAGS))
        yield started
        started.close()


@contextlib.contextmanager
def tab(browser: Browser, *, width: int = WIDE, dark: bool = False, **options: Any) -> Iterator[Tab]:
    """A tab of its own: no cookie and no storage of another."""
    scheme = "dark" if dark else "light"
    with contextlib.closing(
        browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
    ) as context:
        yield Tab(context.new_page())
