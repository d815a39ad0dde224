"""Hostile cases, on every view: ids, labels and attributes are text wherever they stand, and run nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from dermtools.cases import Case
from dermtools.cases.sources.sample import load_sample
from dermtools.retrieval import CaseBase
from tests.support.app_server import AppServer, Tab, serving, tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MARKUP = "<img src=x onerror=ran=1><script>ran=1</script>"
HOSTILE = (
    MARKUP,
    f"'\"--{MARKUP}",
    "javascript:ran=1",
    "../../../etc/passwd",
    "case:%2e%2e%2f&of=img_1#token=x",
    "a' OR 1=1 --",
    "‮gnp.elom\u2066\u200b",
    "{{7*7}}${ran=1}",
    '=HYPERLINK("http://evil.example","x")',
    "C:\\Users\\me\\" + "long" * 60,
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every text that somebody else may have chosen is hostile: ids, groups, labels, attributes."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("red") / "<b>base", embedder="descriptor")
    drawn = load_sample(seed=5, patients=8).cases
    case_base.add(
        [
            (
                Case(
                    case_id=f"{HOSTILE[number % len(HOSTILE)]}{number or ''}",
                    group_id=f"{HOSTILE[number % len(HOSTILE)]} {number // 2}",
                    split=("train", "test")[number % 2],
                    labels={"diagnosis": (HOSTILE[number % 3],)},
                    attributes={"note": HOSTILE[number % len(HOSTILE)], "age": number},
                ),
                one.image,
            )
            for number, one in enumerate(drawn)
        ],
        attributes="all",
    )
    case_base.attributes.show("note")
    return case_base.path


@pytest.fixture(scope="module")
def served_hostile(chromium: Browser, hostile: Path) -> Iterator[AppServer]:
    with serving(hostile, "--runs", hostile.parent) as server:
        yield server


@pytest.fixture(scope="module")
def inside(chromium: Browser, served_hostile: AppServer) -> dict[str, Any]:
    """What a browser keeps that was let in."""
    with tab(chromium) as first:
        first.page.goto(served_hostile.address)
        first.page.get_by_role("heading", level=1).wait_for()
        return dict(first.page.context.storage_state())


@pytest.fixture
def at_hostile(inside: dict[str, Any], served_hostile: AppServer, open_tab: Callable[..., Tab]) -> Tab:
    """A tab at the first view."""
    opened: Tab = open_tab(storage_state=inside)
    opened.page.goto(served_hostile.origin)
    opened.page.get_by_role("heading", level=1).wait_for()
    return opened


def test_no_view_runs_what_a_case_brings(served_hostile: AppServer, at_hostile: Tab) -> None:
    tab = at_hostile
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.on("dialog", lambda dialog: pytest.fail(f"a dialog came: {dialog.message}"))
    first = quote(f"case:{MARKUP}")
    views = list(tab.page.locator("nav a").evaluate_all("(all) => all.map((a) => a.pathname)"))
    assert len(views) >= 5
    for view in [*views, f"/?of={first}", f"/cases?open={first}", f"/ask?of={first}", f"/map?of={first}"]:
        tab.page.goto(served_hostile.origin + view)
        tab.page.get_by_role("heading", level=1).wait_for()
        tab.page.wait_for_load_state("networkidle")
        assert tab.page.evaluate("typeof ran") == "undefined", view
        assert tab.page.locator("script").count() == 1, view
        assert tab.problems == [], view
    assert not [url for url in asked if not url.startswith((served_hostile.origin, "data:", "blob:"))]


def test_a_hostile_id_is_shown_as_it_is(served_hostile: AppServer, at_hostile: Tab) -> None:
    tab = at_hostile
    tab.page.goto(f"{served_hostile.origin}/?of={quote(f'case:{MARKUP}')}")
    tab.page.locator(".card").first.wait_for()
    shown = "".join(tab.page.locator(".card .id").all_inner_texts())
    assert "<script>ran=1</script>" in shown or "onerror=ran=1" in shown
    assert tab.page.locator(".card img").first.evaluate("(img) => img.decode().then(() => img.naturalWidth > 0)")


@pytest.mark.parametrize(
    "address",
    ["/?of=img_0000000000000000", "/?of=/etc/passwd", "/cases?where=%27", "/nowhere"],
)
def test_an_address_that_leads_nowhere_is_one_line(served_hostile: AppServer, at_hostile: Tab, address: str) -> None:
    at_hostile.page.goto(served_hostile.origin + address)
    said = at_hostile.page.get_by_role("alert").first.inner_text()
    assert said
    assert "\n" not in said.strip()
    assert "Traceback" not in said
