"""Browsing and editing in a real browser, on a copy of the case base: chosen by keys, filtered, relabelled, undone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, WIDE, AppServer, Tab, serving


@pytest.fixture(scope="module")
def copied(photograph_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(photograph_base, tmp_path_factory.mktemp("edited") / "copy")


@pytest.fixture(scope="module")
def served(chromium: Browser, copied: Path) -> Iterator[AppServer]:
    with serving(copied) as server:
        yield server


@pytest.fixture
def opened(served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]) -> Callable[..., Tab]:
    def at(address: str, **options: Any) -> Tab:
        tab = open_tab(storage_state=let_in, **options)
        tab.page.goto(served.origin + address)
        tab.page.locator(".card img").first.wait_for()
        return tab

    return at


def where(tab: Tab) -> str:
    return parse_qs(urlsplit(tab.page.url).query).get("where", [""])[0]


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)], ids=["wide", "narrow-dark"])
def test_choosing_values_filters_and_is_read_back_after_a_reload(
    opened: Callable[..., Tab], copied: Path, width: int, dark: bool
) -> None:
    tab = opened("/cases", width=width, dark=dark)
    page = tab.page
    if width == NARROW:
        page.get_by_role("button", name="Filter").click()
    filters = page.get_by_label("Filter", exact=True)
    filters.get_by_label(re.compile("^BCC")).check()
    expect(filters.get_by_label("Condition")).to_have_value("diagnosis = 'BCC'")
    filters.get_by_label("age, from").fill("60")
    filters.get_by_label("age, from").press("Enter")
    expect(filters.get_by_label("Condition")).to_have_value("diagnosis = 'BCC' AND age >= 60")
    left = len(CaseBase.open(copied).cases("diagnosis = 'BCC' AND age >= 60"))
    expect(filters.get_by_role("status").first).to_have_text(f"{left} of 677 cases")
    tab.check()
    page.reload()
    page.locator(".card img").first.wait_for()
    assert where(tab) == "diagnosis = 'BCC' AND age >= 60"
    if width == NARROW:
        page.get_by_role("button", name="Filter 2 active").click()
    expect(filters.get_by_label(re.compile("^BCC"))).to_be_checked()
    expect(filters.get_by_label("age, from")).to_have_value("60")


def test_a_condition_that_cannot_be_met_is_one_line_and_the_filter_stays(opened: Callable[..., Tab]) -> None:
    tab = opened("/cases")
    condition = tab.page.get_by_label("Condition")
    condition.fill("diagnosis = 'BBC'")
    condition.press("Enter")
    expect(tab.page.get_by_role("alert").first).to_contain_text("did you mean 'BCC'")
    condition.fill("age > 90 AND diagnosis = 'BCC'")
    condition.press("Enter")
    expect(tab.page.locator(".facet-rest")).to_contain_text('"age" > 90')
    tab.page.go_back()
    expect(tab.page.get_by_role("alert").first).to_be_visible()


def test_cases_chosen_by_keys_are_relabelled_and_the_edit_undone(opened: Callable[..., Tab], copied: Path) -> None:
    case_base = CaseBase.open(copied)
    before = {case.case_id: case.labels for case in case_base.cases()}
    tab = opened("/cases?where=diagnosis+%3D+'NEV'&sort=-age")
    page = tab.page
    page.locator("[data-cell='1'] a").focus()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ ")
    chosen = page.get_by_role("region", name="Chosen cases")
    expect(chosen).to_contain_text("3 cases chosen")
    tab.check()
    chosen.get_by_role("button", name="Relabel").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Task").select_option("diagnosis")
    dialog.get_by_label(re.compile("^SCC")).check()
    tab.check()
    dialog.get_by_role("button", name="Set diagnosis to SCC").click()
    expect(page.locator(".toast")).to_contain_text("Other labels of diagnosis for 3 cases")
    after = {case.case_id: case.labels for case in case_base.cases()}
    changed = [case_id for case_id in before if before[case_id] != after[case_id]]
    assert {after[case_id]["diagnosis"] for case_id in changed} == {("SCC",)}
    assert len(changed) == 3
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("is back")
    assert {case.case_id: case.labels for case in case_base.cases()} == before
    tab.check()


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)], ids=["wide-dark", "narrow"])
def test_a_case_opens_by_its_address_and_is_put_away_and_had_back(
    opened: Callable[..., Tab], copied: Path, width: int, dark: bool
) -> None:
    case_base = CaseBase.open(copied)
    first, second = sorted(case_base.columns.case_ids)[:2]
    tab = opened(f"/cases?open=case:{first}", width=width, dark=dark)
    page = tab.page
    viewer = page.get_by_role("dialog", name=f"Case {first}")
    expect(viewer).to_contain_text("1 of 677")
    expect(viewer.get_by_role("img", name="private").first).to_be_visible()
    tab.check()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name=f"Case {second}")).to_contain_text("2 of 677")
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_role("dialog")).to_contain_text("of 676")
    assert second not in case_base.columns.case_ids
    page.keyboard.press("Escape")
    page.get_by_role("button", name="History").click()
    page.get_by_role("dialog", name="History").get_by_role("button", name="Restore").first.click()
    expect(page.get_by_role("dialog", name="History").locator(".toast")).to_contain_text("is back")
    assert second in case_base.columns.case_ids
    tab.check()


def test_erasing_says_first_what_goes_for_good(opened: Callable[..., Tab], copied: Path) -> None:
    case_base = CaseBase.open(copied)
    last = max(case_base.columns.case_ids)
    tab = opened(f"/cases?open=case:{last}")
    tab.page.get_by_role("button", name="Erase").click()
    dialog = tab.page.get_by_role("dialog", name="Erase 1 case?")
    expect(dialog).to_contain_text("1 picture with labels")
    tab.check()
    dialog.get_by_role("button", name="Cancel").click()
    assert last in case_base.columns.case_ids
    tab.page.get_by_role("button", name="Erase").click()
    tab.page.get_by_role("button", name="Erase for good").click()
    expect(tab.page.get_by_text("1 case erased for good").first).to_be_attached()
    assert last not in case_base.columns.case_ids
