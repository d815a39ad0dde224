"""The report page over real photographs, looked at in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from dermtools.evaluation import Run
from dermtools.evaluation.reporting.projection import case_map
from dermtools.evaluation.reporting.report import write_report


def test_a_run_over_photographs_ends_in_a_page_and_figures(evaluation, page):
    names = {path.name for path in (evaluation.run.path / "figures").iterdir()}
    assert {"forest.png", "reliability.png", "confusion-1-majority.png", "map-7-rag-5___openai_gpt-4.1.png"} <= names
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (evaluation.run.path / "figures").iterdir())
    assert len(evaluation.results.summaries) == 7
    assert evaluation.results.summaries[-1].outcomes["invalid"] > 0


def test_every_section_is_there(page):
    text = page.read_text()
    for section in (
        "results",
        "comparisons",
        "confusion",
        "cases",
        "map",
        "subgroups",
        "nearness",
        "calibration",
        "costs",
    ):
        assert f'id="{section}"' in text
    assert "not a diagnosis" in text.lower() or "is a diagnosis" in text
    assert "skin type" in text


def test_the_page_names_no_other_file_and_no_address(page):
    markup = re.sub(r"<script.*?</script>", "", page.read_text(), flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="?([^#">][^">]*)|url\(|@import', markup) == ["data:,"]


def test_the_page_tells_no_folder_of_the_machine_and_no_address_of_a_service(case_base, evaluation, page, encoder):
    run, text = (evaluation.run.path / "run.json").read_text(), page.read_text()
    for place in (str(case_base.path), str(encoder.parent), "127.0.0.1"):
        assert place in run  # by which it is repeated
        assert place not in text


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 768, 390])
def test_the_page_fits_shows_all_and_the_console_is_silent(browser, page, width, dark):
    browser.problems.clear()
    browser.requests.clear()
    browser.open(page, width=width, dark=dark)
    assert browser.value("document.documentElement.scrollWidth") == width
    cut = browser.value(
        """[...document.querySelectorAll("main *")].filter(one => {
             if (one.closest(".scroll, .contents, svg, [hidden], option, details:not([open])")) return false;
             const box = one.getBoundingClientRect();
             return box.width && (box.right > innerWidth + 1 || box.left < -1);
           }).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert cut == []
    assert browser.value('document.querySelectorAll("#answers .answer").length') > 0
    assert browser.value("[...document.images].every(one => !one.src || one.complete && one.naturalWidth > 0)")
    assert browser.value('document.querySelectorAll("#plane [data-case]").length') == browser.value(
        "Object.keys(JSON.parse(document.getElementById('data').textContent).map.places).length"
    )
    assert browser.problems == []
    assert {url.split(":")[0] for url in browser.requests} <= {"file", "data"}


def test_text_stands_out_from_its_ground_in_both_schemes(browser, page):
    for dark in (False, True):
        browser.open(page, dark=dark)
        ink, ground = browser.value(
            """[getComputedStyle(document.querySelector(".soft")).color,
                getComputedStyle(document.documentElement).backgroundColor]"""
        )
        assert _contrast(ink, ground) >= 4.5


def _contrast(*colours):
    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


def test_choosing_another_method_changes_what_is_shown(browser, page):
    browser.open(page)
    count = '[...document.querySelectorAll("#matrix button")].reduce((sum, one) => sum + Number(one.textContent), 0)'
    before = browser.value('document.getElementById("matrix").textContent')
    cases = browser.value(count)
    browser.choose("arm", "majority")
    assert browser.value('document.getElementById("matrix").textContent') != before
    assert browser.value(count) == cases
    assert browser.value('document.querySelectorAll("#subgroups [data-arm]:not([hidden])").length') == 1


def test_the_matrix_sorts_zooms_and_a_cell_shows_its_cases(browser, page):
    browser.open(page)
    first = '[...document.querySelectorAll("#matrix tbody th")].map(one => one.textContent.split(" (")[0])'
    browser.value(
        '(() => { const order = document.getElementById("order"); order.value = "name"; order.onchange(); })()'
    )
    names = browser.value(first)
    assert names == sorted(names)
    width = 'document.querySelector("#matrix tbody td").getBoundingClientRect().width'
    browser.choose("zoom", "60", event="input")
    assert browser.value(width) == pytest.approx(60, abs=1)
    held = int(browser.value('document.querySelector("#matrix button").textContent'))
    browser.value('document.querySelector("#matrix button").click()')
    assert browser.value('document.getElementById("count").textContent') == f"{held} case{'s' if held != 1 else ''}"


def test_pointing_at_the_map_shows_the_picture(browser, page):
    browser.open(page)
    shown = browser.value(
        """(() => {
             const mark = document.querySelector("#plane .is-right, #plane .is-wrong");
             mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 10, clientY: 10 }));
             const tip = document.getElementById("tip");
             const source = tip.querySelector("img").src;
             return [tip.hidden, source.slice(0, 15), tip.textContent.includes(mark.dataset.case)];
           })()"""
    )
    assert shown == [False, "data:image/jpeg", True]


def test_it_prints_on_white_paper_with_nothing_cut_off(browser, page):
    browser.open(page, width=718, dark=True)  # what A4 leaves within its margins, in CSS pixels
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    browser("Emulation.setEmulatedMedia", media="print", features=[dark])
    assert browser.value("document.documentElement.scrollWidth") == 718
    assert browser.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.pdf()[:5] == b"%PDF-"


def test_pictures_on_the_page_carry_no_metadata(page):
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1]
    for url in list(json.loads(text)["pictures"].values())[:20]:
        with Image.open(BytesIO(b64decode(url.partition(",")[2]))) as image:
            assert not image.getexif()
            assert max(image.size) <= 128


def test_a_page_without_a_closer_look_is_written_too(case_base, evaluation, tmp_path):
    run = Run(tmp_path, evaluation.run.spec, evaluation.run.records())
    layout = case_map(case_base, projection="pca")
    path = write_report(run, replace(evaluation.results, analyses=None), case_base, layout)
    assert 'id="subgroups"' not in path.read_text()
