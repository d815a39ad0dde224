"""Checking in a real browser: findings with their pictures, mended, relabelled, kept as they are, undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, WIDE, AppServer, Tab, serving
from tests.support.planted_copies import plant_copies


@pytest.fixture(scope="module")
def planted(photograph_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant_copies(photograph_base, tmp_path_factory.mktemp("checked") / "copy", cases=60)


@pytest.fixture(scope="module")
def served(chromium: Browser, planted: Path) -> Iterator[AppServer]:
    with serving(planted) as server:
        yield server


@pytest.fixture
def checked(served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]) -> Callable[..., Tab]:
    """A tab in which the case base was checked, labels too where `labels`."""

    def at(*, labels: bool = False, **options: Any) -> Tab:
        tab = open_tab(storage_state=let_in, **options)
        tab.page.goto(served.origin + "/check")
        if labels:
            tab.page.get_by_label("labels that look wrong").check()
        tab.page.get_by_role("button", name="Check", exact=True).click()
        tab.page.get_by_text("kinds of finding").wait_for()
        return tab

    return at


def unfold(page: Page, title: str) -> Any:
    section = page.get_by_role("region", name=title, exact=True)
    section.get_by_role("button", name=re.compile(title)).click()
    section.locator(".entry").first.wait_for()
    return section


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)], ids=["wide-dark", "narrow"])
def test_copies_in_two_splits_are_compared_moved_together_and_the_move_undone(
    checked: Callable[..., Tab], planted: Path, width: int, dark: bool
) -> None:
    case_base = CaseBase.open(planted)
    apart = case_base.case("copy_0").split
    tab = checked(width=width, dark=dark)
    section = unfold(tab.page, "Edited copies in two splits")
    entry = section.locator(".entry").filter(has_text="copy_0")
    expect(entry.get_by_role("img", name=re.compile("^Case"))).to_have_count(2)
    tab.check()
    entry.get_by_role("button", name="Compare").click()
    expect(tab.page.get_by_role("dialog").locator(".pane")).to_have_count(2)
    tab.page.keyboard.press("Escape")
    entry.get_by_role("button", name=re.compile("^Move all of")).click()
    expect(section).to_contain_text("1 of 2 left")
    groups = {case_base.case(one).split for one in ("copy_0", planted_original(case_base))}
    assert len(groups) == 1
    tab.page.get_by_role("button", name="Undo").click()
    expect(section.get_by_role("button", name=re.compile("^Move all of"))).to_have_count(2)
    assert case_base.case("copy_0").split == apart
    tab.check()


def planted_original(case_base: CaseBase) -> str:
    """The case whose picture `copy_0` has."""
    return next(iter(case_base.search(case_id="copy_0", k=1, leak_guard=False, exclude_cases=["copy_0"]))).case.case_id


def test_a_suspected_label_is_taken_as_suggested_and_another_kept_for_the_session(
    checked: Callable[..., Tab], planted: Path
) -> None:
    case_base = CaseBase.open(planted)
    tab = checked(labels=True)
    page = tab.page
    section = unfold(page, "Suspected labels: diagnosis")
    entries = section.locator("article.entry")
    first, second = (entries.nth(place).get_attribute("aria-label") for place in (0, 1))
    assert first is not None
    suggested = entries.first.get_by_role("button", name=re.compile("^Relabel to"))
    label = suggested.inner_text().removeprefix("Relabel to ")
    expect(entries.first.get_by_role("img", name=re.compile("^Neighbour")).first).to_be_visible()
    tab.check()
    suggested.click()
    expect(page.locator(".toast")).to_contain_text("Other labels of diagnosis for 1 case")
    assert case_base.case(first).labels["diagnosis"] == (label,)
    section.get_by_role("article", name=second, exact=True).get_by_role("button", name="Keep as it is").click()
    expect(section).to_contain_text(f"{second}: kept as it is")
    page.get_by_role("button", name="Undo").click()
    expect(section.get_by_role("article", name=first, exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name="Suspected labels: diagnosis")).to_contain_text(f"{second}: kept as it is")
