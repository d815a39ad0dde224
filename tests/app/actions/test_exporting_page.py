"""The dialog that exports what is on screen, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.app_server import NARROW, WIDE, AppServer, Tab

WIDTHS = '[...document.querySelectorAll(".near i")].map(one => parseFloat(one.style.width))'


@pytest.fixture
def dialog(served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], case_id: str) -> Callable[..., Tab]:
    def show(**options: Any) -> Tab:
        tab = open_tab(storage_state=let_in, permissions=["clipboard-read", "clipboard-write"], **options)
        tab.page.goto(f"{served.origin}/?of=case:{case_id}&k=9")
        tab.page.locator(".card img").first.wait_for()
        tab.page.get_by_role("button", name="Export").click()
        tab.page.locator(".repeat pre").wait_for()
        return tab

    return show


@pytest.fixture(scope="module")
def case_id(photograph_base: Path) -> str:
    from dermtools.retrieval import CaseBase

    return CaseBase.open(photograph_base).columns.case_ids[0]


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)])
def test_the_dialog_stands_at_every_width_and_in_both_colours(
    dialog: Callable[..., Tab], width: int, dark: bool
) -> None:
    tab = dialog(width=width, dark=dark)
    tab.check()
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("dialog").wait_for(state="detached")


def test_a_saved_page_has_the_cards_and_bars_that_are_on_screen(
    dialog: Callable[..., Tab], open_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    tab = dialog()
    on_screen = tab.page.evaluate(WIDTHS)
    ids = [one.get_attribute("alt") for one in tab.page.locator(".card img").all()]
    with tab.page.expect_download() as saving:
        tab.page.get_by_role("button", name="Save").click()
    saving.value.save_as(tmp_path / saving.value.suggested_filename)
    page = open_tab()
    page.page.goto((tmp_path / "similar.html").as_uri())
    assert page.page.evaluate(WIDTHS) == pytest.approx(on_screen, abs=0.02)
    assert [one.get_attribute("alt") for one in page.page.locator(".card img").all()] == ids
    assert not re.search(r"\bage \d", page.page.content())
    page.check()
    tab.check()


def test_a_private_attribute_leaves_where_it_is_ticked(dialog: Callable[..., Tab], tmp_path: Path) -> None:
    tab = dialog()
    tab.page.get_by_role("radio", name="Table").check()
    for private in (False, True):
        tab.page.get_by_role("checkbox", name="age").set_checked(private)
        with tab.page.expect_download() as saving:
            tab.page.get_by_role("button", name="Save").click()
        saving.value.save_as(tmp_path / "similar.csv")
        assert ("age" in (tmp_path / "similar.csv").read_text("utf-8-sig").splitlines()[0].split(",")) is private
    tab.check()


def test_the_command_is_copied(dialog: Callable[..., Tab], case_id: str) -> None:
    tab = dialog()
    tab.page.get_by_role("button", name="Copy").click()
    tab.page.get_by_text("copied").wait_for()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("dermtools search ")
    assert copied.endswith(f"--case={case_id} -k 9")
    tab.check()
