"""A case base of real photographs, served, and a browser before it; one of each for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dermtools.adapter import AdapterConfig, save_classifier, train
from dermtools.retrieval import CaseBase
from tests.support.app_server import AppServer, Tab, browser, serving, tab
from tests.support.evaluations import made_evaluations
from tests.support.made_once import made_once
from tests.support.openai_requests import OpenAISchemas

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COLUMNS = ("age", "sex", "fitzpatrick")


@pytest.fixture(scope="session")
def photograph_base(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """677 photographs with a trained adapter for `diagnosis`; age is private. Not to be changed."""

    def make(folder: Path) -> None:
        case_base = CaseBase.create(folder / "pad-ufes-20", embedder="descriptor")
        case_base.add(photographs, attributes=COLUMNS)
        case_base.attributes.show("sex", "fitzpatrick")
        save_classifier(case_base.path, train(case_base.store, "diagnosis", AdapterConfig(epochs=3)))

    return made_once(tmp_path_factory, "photographs", make) / "pad-ufes-20"


@pytest.fixture(scope="session")
def evaluations(photograph_base: Path, schemas: OpenAISchemas, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of evaluations over the photographs; see `made_evaluations`."""

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", "sk-of-the-tests")
            made_evaluations(CaseBase.open(photograph_base), schemas, folder / "runs")

    return made_once(tmp_path_factory, "evaluated", make) / "runs"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Of one file: as long as playwright runs, its event loop is this thread's, and no other can run."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def served(chromium: Browser, photograph_base: Path) -> Iterator[AppServer]:
    """The photographs, served; the browser comes first, since without one nothing need be made."""
    with serving(photograph_base) as server:
        yield server


@pytest.fixture
def open_tab(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Opens tabs that are closed after the test; options as of `tab`."""
    with ExitStack() as tabs:
        yield lambda **options: tabs.enter_context(tab(chromium, **options))


@pytest.fixture(scope="module")
def let_in(chromium: Browser, served: AppServer) -> dict[str, Any]:
    """What a browser keeps once it was let in: `open_tab(storage_state=let_in)` needs no token any more."""
    with tab(chromium) as first:
        first.page.goto(served.address)
        first.page.wait_for_selector("h1")
        return dict(first.page.context.storage_state())
