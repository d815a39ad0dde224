"""Case bases of another kind: words as a query where the embedder reads them, and cases without a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from dermtools.embedding.given import GivenVectors
from dermtools.retrieval import CaseBase
from tests.support import tiny_transformers
from tests.support.app_server import Tab, serving
from tests.support.pictures import picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def reading_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty pictures, embedded by a small dual encoder."""
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("words")
    models = tiny_transformers.write(folder)
    case_base = CaseBase.create(folder / "cases", embedder=f"hf:{models / 'clip'}")
    rows = [{"case_id": f"c{i}", "image": picture(i), "site": ("arm", "foot")[i % 2]} for i in range(30)]
    case_base.add(rows, tasks=["site"])
    return case_base.path


def test_words_find_cases_in_the_order_of_the_search(
    chromium: Browser, reading_base: Path, open_tab: Callable[..., Tab]
) -> None:
    with serving(reading_base) as server:
        tab = open_tab()
        page = tab.page
        page.goto(server.address)
        page.get_by_label("Words").fill("red lesion")
        page.get_by_label("Words").press("Enter")
        cards = page.locator(".search-found[aria-busy=false] .card .id")
        expect(cards).to_have_count(12)
        expected = CaseBase.open(reading_base).search(text="red lesion", k=12).case_ids
        assert cards.all_inner_texts() == expected
        page.locator(".search-found .card a").first.click()
        expect(page.get_by_role("dialog").locator(".pane")).to_have_count(1)
        tab.check()


def test_cases_that_came_by_their_vector_alone_say_that_they_have_no_picture(
    chromium: Browser, tmp_path: Path, open_tab: Callable[..., Tab]
) -> None:
    bare = CaseBase.create(tmp_path / "bare", embedder=GivenVectors("mean-colour", 3, normalized=False))
    vectors = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    bare.add([{"case_id": f"c{row}", "site": ("arm", "foot")[row % 2]} for row in range(20)], vectors=vectors)
    with serving(bare.path) as server:
        tab = open_tab()
        tab.page.goto(server.address)
        tab.page.locator(".begin .card a").first.click()
        expect(tab.page.locator(".search-found .card .no-picture")).to_have_count(12)
        tab.page.locator(".search-found .card a").first.click()
        expect(tab.page.get_by_role("dialog").locator(".no-picture")).to_have_count(2)
        tab.check()


def test_where_the_embedder_reads_none_there_is_no_field(
    served: Any, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    tab.page.goto(served.origin)
    tab.page.get_by_role("heading", level=1).wait_for()
    assert tab.page.get_by_label("Words").count() == 0
