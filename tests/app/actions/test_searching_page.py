"""The view of similar cases in a real browser: pictures come in, neighbours are marked, compared and searched from."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.app_server import NARROW, WIDE, AppServer, Tab
from tests.support.dicom_files import dicom

DROP = """([name, written]) => {
    const bytes = Uint8Array.from(atob(written), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name));
    const [kind, event] = name.startsWith("pasted")
        ? ["paste", new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })]
        : ["drop", new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })];
    document.querySelector("h1").dispatchEvent(event);
}"""
"""A file dropped or pasted, as its name says."""


@pytest.fixture(scope="module")
def files(photographs: Path) -> list[Path]:
    return sorted((photographs.parent / "images").iterdir())


@pytest.fixture
def opened(served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]) -> Callable[..., Tab]:
    """A tab at an address of the page."""

    def at(address: str = "/", **options: Any) -> Tab:
        tab = open_tab(storage_state=let_in, **options)
        tab.page.goto(served.origin + address)
        tab.page.get_by_role("heading", level=1).wait_for()
        return tab

    return at


def cards(page: Page) -> Any:
    return page.locator(".search-found[aria-busy=false] .card")


def a_case(files: list[Path], place: int = 0) -> str:
    return files[place].stem


def test_a_chosen_picture_finds_neighbours_marked_by_their_vote(opened: Callable[..., Tab], files: list[Path]) -> None:
    tab = opened()
    page = tab.page
    page.get_by_label("Pictures", exact=True).set_input_files(files[3])
    expect(cards(page)).to_have_count(12)
    distances = [float(said) for said in page.locator(".card .rank span:last-child").all_inner_texts()]
    assert distances == sorted(distances)
    widths = page.locator(".card .near i").evaluate_all("bars => bars.map((bar) => parseFloat(bar.style.width))")
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 100
    winner = page.locator(".vote .bar > span:first-child").first.inner_text()
    agreeing = page.locator(".card .label.agrees")
    assert set(agreeing.all_inner_texts()) == {winner}
    differing = page.locator(".card .label.differs")
    assert agreeing.count() + differing.count() == 12
    assert winner not in differing.all_inner_texts()
    expect(agreeing.first.get_by_label("agrees")).to_be_visible()
    tab.check()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_before_anything_is_asked_it_offers_cases_to_begin_with(opened: Callable[..., Tab], width: int) -> None:
    tab = opened(width=width)
    suggested = tab.page.locator(".begin .card")
    expect(suggested).to_have_count(12)
    tab.check()
    case_id = suggested.first.locator(".id").inner_text()
    suggested.first.get_by_role("link").click()
    expect(tab.page.get_by_text(f"Query: case {case_id}")).to_be_visible()
    expect(cards(tab.page).first).to_be_visible()


def test_private_attributes_come_when_they_are_asked_for_and_with_a_lock(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}")
    expect(cards(tab.page)).to_have_count(12)
    attributes = tab.page.locator(".card .attributes")
    assert "sex" in attributes.first.inner_text()
    assert "age" not in " ".join(attributes.all_inner_texts())
    tab.page.get_by_label("Private attributes too").check()
    age = tab.page.locator(".card .attributes li", has_text=re.compile(r"^age")).first
    expect(age.get_by_label("private")).to_be_visible()
    tab.page.reload()
    expect(age).to_be_visible()
    tab.check()


def test_a_case_as_query_is_compared_with_its_true_label_and_says_what_was_left_out(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}")
    page = tab.page
    expect(page.get_by_text("Marks compare with the true label")).to_be_visible()
    page.get_by_text("What was left out, and why").click()
    expect(page.locator(".left-out")).to_contain_text(f"{a_case(files)}the query itself")
    tab.check()


@pytest.mark.parametrize("how", ["dropped.jpg", "pasted.jpg"])
def test_a_picture_is_dropped_or_pasted_and_what_is_no_picture_is_one_line(
    opened: Callable[..., Tab], files: list[Path], how: str
) -> None:
    tab = opened()
    page = tab.page
    page.evaluate(DROP, [how.replace(".jpg", ".txt"), base64.b64encode(b"no picture").decode()])
    said = page.get_by_role("alert")
    expect(said).to_contain_text(how.split(".")[0])
    assert "\n" not in said.inner_text()
    tab.problems.clear()  # the browser itself tells the console that an upload was refused
    page.evaluate(DROP, [how, base64.b64encode(files[5].read_bytes()).decode()])
    expect(cards(page)).to_have_count(12)
    expect(said).to_have_count(0)
    tab.check()


def test_files_that_browsers_cannot_show_are_decoded_by_the_server(
    opened: Callable[..., Tab], files: list[Path], tmp_path: Path
) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    with Image.open(files[5]) as photograph:
        photograph.save(tmp_path / "one.tiff")
        pillow_heif.from_pillow(photograph).save(tmp_path / "two.heic")
        pixels = np.asarray(photograph.convert("RGB"))
    (tmp_path / "three.dcm").write_bytes(dicom(pixels, "RGB", shape=pixels.shape[:2]))
    tab = opened()
    tab.page.get_by_label("Pictures", exact=True).set_input_files(
        [tmp_path / "one.tiff", tmp_path / "two.heic", tmp_path / "three.dcm"]
    )
    expect(tab.page.get_by_text("3 views of one patient searched together")).to_be_visible()
    tab.page.get_by_text("What was left out, and why").click()
    expect(tab.page.locator(".left-out")).to_contain_text(f"{a_case(files, 5)}shows the same photograph")
    shown = tab.page.locator(".brought img")
    expect(shown).to_have_count(3)
    assert shown.evaluate_all("all => Promise.all(all.map((one) => one.decode().then(() => one.naturalWidth > 0)))")
    tab.check()


def test_several_pictures_are_views_that_are_searched_apart_together_and_removed(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened()
    page = tab.page
    page.get_by_label("Pictures", exact=True).set_input_files(files[10:12])
    expect(page.get_by_role("button", name="All 2 together")).to_have_attribute("aria-pressed", "true")
    expect(cards(page).first).to_contain_text("nearest to view")
    page.get_by_label("Further views").set_input_files(files[14])
    expect(page.get_by_text("3 views of one patient searched together")).to_be_visible()
    tab.check()
    page.get_by_role("button", name="Search with view 2").click()
    expect(page.get_by_text("views of one patient searched together")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("3 views of one patient searched together")).to_be_visible()
    page.get_by_role("button", name="Remove view 1").click()
    expect(page.get_by_text("2 views of one patient searched together")).to_be_visible()


def test_the_camera_gives_a_picture_from_the_keyboard(opened: Callable[..., Tab]) -> None:
    tab = opened(permissions=["camera"])
    page = tab.page
    page.get_by_role("button", name="Camera").press("Enter")
    shutter = page.get_by_role("button", name="Take the picture")
    expect(shutter).to_be_enabled()
    tab.check()
    shutter.press("Enter")
    expect(cards(page)).to_have_count(12)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_where_the_camera_is_not_allowed_one_line_says_so(opened: Callable[..., Tab]) -> None:
    tab = opened()
    tab.page.get_by_role("button", name="Camera").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("choose a file")
    tab.check()
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)])
def test_a_neighbour_is_looked_at_beside_the_query(
    opened: Callable[..., Tab], files: list[Path], width: int, dark: bool
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}", width=width, dark=dark)
    page = tab.page
    second = cards(page).nth(1).get_by_role("link")
    second.focus()
    second.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of 12")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("3 of 12")
    page.keyboard.press("+")
    page.keyboard.press("+")
    moved = page.locator(".zoomed")
    expect(moved.first).to_have_attribute("style", re.compile(r"scale\(2\.0"))
    page.locator(".pane-window").nth(1).hover()
    page.mouse.down()
    page.mouse.move(150, 300, steps=4)
    page.mouse.up()
    expect(moved.first).not_to_have_attribute("style", re.compile(r"translate\(0px, 0px\)"))
    assert moved.first.evaluate("it => it.style.transform") == moved.nth(1).evaluate("it => it.style.transform")
    tab.check()
    page.reload()
    expect(dialog).to_contain_text("3 of 12")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.go_back()
    expect(cards(page).first).to_be_visible()


def test_closing_gives_the_focus_back_and_searching_from_a_neighbour_makes_it_the_query(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}&k=5")
    page = tab.page
    third = cards(page).nth(2)
    link = third.get_by_role("link")
    link.focus()
    link.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    link.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog")).to_contain_text("4 of 5")
    page.keyboard.press("Escape")
    expect(cards(page).nth(3).get_by_role("link")).to_be_focused()
    case_id = third.locator(".id").inner_text()
    link.press("Enter")
    page.get_by_role("button", name="Search from here").click()
    expect(page.get_by_text(f"Query: case {case_id}")).to_be_visible()
    expect(cards(page)).to_have_count(5)
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_arrow_keys_go_through_hundreds_of_cards_of_which_few_are_in_the_document(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}&k=600")
    page = tab.page
    cell = page.locator("[data-cell]:focus-within")
    cards(page).first.get_by_role("link").focus()
    page.keyboard.press("ArrowRight")
    expect(cell).to_have_attribute("data-cell", "1")
    page.keyboard.press("ArrowDown")
    below = int(cell.get_attribute("data-cell") or 0)
    assert below > 2
    assert page.locator(".grid-window [tabindex='0']").count() == 1
    page.keyboard.press("End")
    expect(cell).to_have_attribute("data-cell", "599")
    expect(cell).to_be_in_viewport()
    assert page.locator(".card").count() < 120
    page.keyboard.press("Home")
    expect(cell).to_have_attribute("data-cell", "0")
    expect(cell).to_be_in_viewport()
    tab.check()


def test_options_are_written_into_the_address_and_a_wrong_condition_is_one_line(
    opened: Callable[..., Tab], files: list[Path]
) -> None:
    tab = opened(f"/?of=case:{a_case(files)}")
    page = tab.page
    expect(cards(page)).to_have_count(12)
    page.get_by_label("Cases", exact=True).fill("30")
    page.get_by_label("Cases", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("k=30"))
    page.get_by_label("One case a patient").check()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Condition").fill("sex = 'male'")
    page.get_by_label("Condition").press("Enter")
    expect(page.get_by_text(re.compile(r"where: \d+ of 677 cases satisfy it"))).to_be_visible()
    assert "sex female" not in " ".join(page.locator(".card .attributes").all_inner_texts())
    page.get_by_label("Condition").fill("sexx = 'male'")
    page.get_by_label("Condition").press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("sexx")
    tab.check()
