"""Evaluations in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from dermtools.evaluation import Run
from tests.support.app_server import NARROW, WIDE, AppServer, Tab, serving
from tests.support.evaluations import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def served(chromium: Browser, photograph_base: Path, evaluations: Path) -> Iterator[AppServer]:
    with serving(photograph_base, "--runs", evaluations) as server:
        yield server


def _open(tab: Tab, served: AppServer, address: str) -> None:
    tab.page.goto(f"{served.origin}/{address}")


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)])
def test_two_evaluations_are_ticked_and_compared_with_a_prompt_diff(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark, storage_state=let_in)
    _open(tab, served, "runs")
    tab.page.get_by_label("Compare prompted").check()
    tab.page.get_by_label("Compare again").check()
    tab.check()
    tab.page.get_by_role("button", name="Compare", exact=True).click()
    diff = tab.page.get_by_label("Differences in the prompt diagnosis")
    assert "First look at symmetry" in diff.locator("ins").inner_text()
    assert "Look at symmetry" in diff.locator("del").inner_text()
    tab.page.locator(".run-grid li").first.wait_for()
    tab.check()


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_a_run_shows_its_verdicts_against_any_method(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark, storage_state=let_in)
    _open(tab, served, "runs")
    tab.page.get_by_role("link", name="prompted").click()
    tab.page.get_by_label("Held against").select_option("zero-shot")
    expect(tab.page.locator("ul.verdicts li")).to_have_count(2)
    for line in tab.page.locator("ul.verdicts li").all():
        assert "zero-shot" in line.inner_text()
    assert "base=zero-shot" in tab.page.url
    tab.check()


def test_the_cases_that_one_method_alone_has_right_are_opened_with_prompt_reply_and_examples(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    _open(tab, served, "run?name=prompted&first=rag-3&second=knn-vote-5")
    button = tab.page.get_by_role("button", name="only knn-vote-5 right")
    button.click()
    expect(button.locator("b")).to_have_text(re.compile(r"\d+"))  # the number comes after the button
    count = int(button.locator("b").inner_text())
    expect(tab.page.locator(".run-grid li")).to_have_count(min(count, 24))
    tab.page.locator(".run-grid button").first.click()
    panel = tab.page.locator(".run-answer")
    panel.get_by_text("The prompt as it was").click()
    panel.locator(".ask-messages img").first.wait_for()
    panel.get_by_text("The reply as it came").click()
    assert "{" in panel.locator("pre").inner_text()
    tab.check()
    first = panel.get_attribute("aria-label")
    tab.page.keyboard.press("ArrowRight")
    expect(panel).not_to_have_attribute("aria-label", first or "")
    tab.page.reload()
    panel.wait_for()
    tab.page.keyboard.press("Escape")


def test_a_cell_of_the_matrix_opens_its_cases_and_a_hostile_reply_stays_text(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], evaluations: Path
) -> None:
    tab = open_tab(storage_state=let_in)
    _open(tab, served, "run?name=prompted&first=zero-shot")
    cell = tab.page.get_by_role("link", name="answered no label").first
    count = int(cell.inner_text())
    cell.click()
    expect(tab.page.locator(".run-grid li")).to_have_count(count)
    records = Run.open(evaluations / "prompted").records()
    hostile = next(one for one in records if HOSTILE[:10] in (one.prediction.raw or ""))
    _open(tab, served, f"run?name=prompted&first={hostile.arm}&second=none&kind=neither&case={hostile.case_id}")
    assert hostile.prediction.raw == tab.page.locator(".run-answer pre").text_content()
    assert tab.page.locator(".run-answer img[src='x']").count() == 0
    assert tab.page.title() == "Evaluation – dermtools"
    tab.check()
