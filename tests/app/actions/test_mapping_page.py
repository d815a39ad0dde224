"""The map of vectors in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.app_server import NARROW, WIDE, AppServer, Tab


def _query(tab: Tab) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.page.url).query)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_the_map_says_how_it_was_made_and_what_its_marks_mean(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark, storage_state=let_in)
    tab.page.goto(f"{served.origin}/map?layout=pca&color=diagnosis")
    tab.page.get_by_role("application").wait_for()
    assert "principal components" in tab.page.locator("main p").first.inner_text()
    assert tab.page.get_by_role("checkbox", name="BCC").is_checked()
    tab.check()


def test_a_lasso_picks_cases_that_open_as_a_filter_and_stay_after_a_reload(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    tab.page.goto(f"{served.origin}/map?layout=pca&color=diagnosis")
    tab.page.get_by_role("button", name="Lasso").click()
    box = tab.page.get_by_role("application").bounding_box()
    assert box is not None
    corners = [(0.2, 0.2), (0.9, 0.2), (0.9, 0.9), (0.2, 0.9), (0.2, 0.3)]
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    tab.page.mouse.move(*spots[0])
    tab.page.mouse.down()
    for spot in spots[1:]:
        tab.page.mouse.move(*spot, steps=3)
    tab.page.mouse.up()
    heading = tab.page.get_by_role("heading", name="cases picked")
    heading.wait_for()
    said = heading.inner_text()
    tab.page.locator(".map-picked img").first.wait_for()
    tab.check()
    tab.page.reload()
    expect(tab.page.get_by_role("heading", name="cases picked")).to_have_text(said)
    link = tab.page.get_by_role("link", name="Open as a filter").get_attribute("href")
    assert link is not None
    assert parse_qs(urlsplit(link).query)["where"] == _query(tab)["chosen"]


def test_by_keyboard_a_case_is_found_described_and_opened(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    tab.page.goto(f"{served.origin}/map?layout=pca&color=diagnosis")
    plot = tab.page.get_by_role("application")
    plot.wait_for()
    tab.page.get_by_role("button", name="Apply").focus()
    tab.page.keyboard.press("Tab")
    spoken = tab.page.locator("[aria-live=polite]")
    expect(spoken).to_contain_text("diagnosis:")
    first = spoken.inner_text()
    tab.page.keyboard.press("ArrowRight")
    expect(spoken).not_to_have_text(first)
    case_id = spoken.inner_text().removeprefix("case ").partition(",")[0]
    tab.check()
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url(lambda address: case_id in address)


def test_by_keyboard_a_rectangle_picks_cases(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    tab.page.goto(f"{served.origin}/map?layout=pca&color=diagnosis")
    tab.page.get_by_role("application").wait_for()
    tab.page.get_by_role("button", name="Apply").focus()
    for key in ["Tab", "r", *["ArrowRight"] * 4, *["ArrowDown"] * 4, "Enter"]:
        tab.page.keyboard.press(key)
    tab.page.locator(".map-picked img").first.wait_for()
    assert _query(tab)["chosen"]
    tab.check()


def test_a_layout_under_way_is_cancelled_and_the_quick_one_stays(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed")
    tab = open_tab(storage_state=let_in)
    tab.page.goto(f"{served.origin}/map")
    tab.page.get_by_text("Laying out with UMAP").wait_for()
    tab.page.get_by_role("button", name="Cancel").click()
    tab.page.get_by_role("button", name="Lay out with UMAP").wait_for()
    assert "principal components" in tab.page.locator("main p").first.inner_text()
    tab.check()


def test_the_query_stands_among_its_neighbours(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab(storage_state=let_in)
    tab.page.goto(f"{served.origin}/map?layout=pca&of=case:none-such")
    assert "none-such" in tab.page.get_by_role("alert").inner_text()
