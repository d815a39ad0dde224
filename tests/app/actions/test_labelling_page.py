"""The labels view in a real browser, on a copy of the case base: renamed, joined, seen before, undone."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, WIDE, AppServer, Tab, serving


@pytest.fixture(scope="module")
def copied(photograph_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(photograph_base, tmp_path_factory.mktemp("labels") / "copy")


@pytest.fixture(scope="module")
def served(chromium: Browser, copied: Path) -> Iterator[AppServer]:
    with serving(copied) as server:
        yield server


def counts(folder: Path) -> Counter[str]:
    return Counter(label for case in CaseBase.open(folder).cases() for label in case.labels["diagnosis"])


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)], ids=["wide", "narrow-dark"])
def test_labels_are_renamed_and_joined_after_a_preview_and_it_is_undone(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], copied: Path, width: int, dark: bool
) -> None:
    before = counts(copied)
    tab = open_tab(storage_state=let_in, width=width, dark=dark)
    page = tab.page
    page.goto(f"{served.origin}/labels?task=diagnosis")
    row = page.get_by_role("row", name=re.compile("Choose NEV"))
    expect(row.get_by_role("cell").first).to_have_text(str(before["NEV"]))
    tab.check()
    page.get_by_label("Choose NEV").check()
    page.get_by_label("New label").fill("nevus")
    page.get_by_role("button", name="Rename").click()
    planned = page.get_by_role("region", name="Planned")
    expect(planned).to_contain_text(f"{before['NEV']} cases would change; {len(before)} labels left, nevus with")
    page.get_by_label("Choose BCC").check()
    page.get_by_label("Choose SCC").check()
    page.get_by_label("New label").fill("carcinoma")
    page.get_by_role("button", name="Join").click()
    joined = before["BCC"] + before["SCC"]
    expect(planned).to_contain_text(f"carcinoma with {joined} cases")
    tab.check()
    page.reload()
    expect(planned).to_contain_text(f"carcinoma with {joined} cases")
    assert counts(copied) == before
    planned.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text(f"for {joined + before['NEV']} cases")
    expect(page.get_by_label("Choose carcinoma")).to_be_visible()
    after = counts(copied)
    assert (after["carcinoma"], after["nevus"], after["BCC"], after["NEV"]) == (joined, before["NEV"], 0, 0)
    tab.check()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("is back")
    assert counts(copied) == before
    page.get_by_role("link", name="NEV", exact=True).click()
    expect(page).to_have_url(re.compile("/cases.where=diagnosis"))
    page.locator(".card img").first.wait_for()
    tab.check()
