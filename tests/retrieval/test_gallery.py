"""The gallery page: agreement by colour and sign, nearness, sheets; looked at in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from dermtools.cases.sources.sample import load_sample
from dermtools.retrieval import CaseBase
from dermtools.retrieval.gallery import Page, page_html, result_for
from dermtools.retrieval.search.neighbors import nearness
from tests.support.app_server import NARROW, WIDE, browser, tab

SHOWN = '[...document.querySelectorAll("figure.card")].filter(one => one.offsetParent !== null).length'


@pytest.fixture(scope="module")
def case_base(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """More cases than a sheet holds."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("drawn") / "base", embedder="descriptor")
    case_base.add(load_sample(patients=24))
    return case_base


def gallery(case_base: CaseBase, k: int, case_id: str = "drawn_p03_1") -> str:
    query = case_base.query(case_id=case_id)
    found = case_base.search(query=query, k=k)
    return page_html(Page("Cases <b>", [result_for(case_base, query, found)], notes=found.notes))


def test_each_label_says_in_colour_and_sign_whether_it_is_the_querys_own(case_base: CaseBase) -> None:
    html = gallery(case_base, 12)
    truth = case_base.case("drawn_p03_1").labels["location"]
    labels = [one.case.labels["location"] for one in case_base.search(case_id="drawn_p03_1", k=12)]
    signs = re.findall(r'class="label (agrees|differs)" title="location"><svg[^>]+aria-label="(\w+)"', html)
    assert signs == [("agrees" if label in truth else "differs",) * 2 for given in labels for label in given]
    assert f"the query&#39;s own location, <b>{', '.join(truth)}</b>" in html
    assert "Cases &lt;b&gt;" in html


def test_a_longer_bar_is_nearer(case_base: CaseBase) -> None:
    found = case_base.search(case_id="drawn_p03_1", k=5)
    widths = [
        float(width) for width in re.findall(r'class="near"[^>]*><i style="width: ([\d.]+)%', gallery(case_base, 5))
    ]
    assert widths == pytest.approx(
        [100 * nearness(one.distance, found[0].distance, found[-1].distance) for one in found], abs=0.01
    )
    assert widths == sorted(widths, reverse=True)


def test_what_the_leak_guard_left_out_is_named_with_its_reason(case_base: CaseBase) -> None:
    html = gallery(case_base, 3)
    left_out = case_base.search(case_id="drawn_p03_1", k=3).left_out
    assert len(left_out) > 1
    said = re.findall(r"<li><b>(drawn_\w+)</b>: ([^<]+)</li>", html)
    assert {case_id: unescape(why) for case_id, why in said} == left_out


@pytest.fixture(scope="module")
def long_page(case_base: CaseBase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gallery") / "long.html"
    path.write_text(gallery(case_base, 500), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def open_browser() -> Iterator[object]:
    with browser() as started:
        yield started


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_long_result_shows_one_sheet_at_a_time_and_each_has_an_address(
    open_browser, long_page: Path, case_base: CaseBase, width: int, dark: bool
) -> None:
    with tab(open_browser, width=width, dark=dark) as one:
        one.page.goto(long_page.as_uri())
        total = len(case_base.search(case_id="drawn_p03_1", k=500))
        assert total > 60
        assert one.page.evaluate(SHOWN) == 60
        one.check()
        one.page.get_by_role("navigation").get_by_role("link", name="2", exact=True).first.click()
        assert one.page.url.endswith("#result-1-2")
        assert one.page.locator(".rank span").locator("visible=true").first.inner_text() == "61"
        one.page.go_back()
        assert one.page.evaluate(SHOWN) == 60
        one.page.emulate_media(media="print")
        assert one.page.evaluate(SHOWN) == total
        assert one.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
