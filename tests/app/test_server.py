"""The page in a real browser: found and let in, quiet on the console, readable at every width and in both colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.app_server import NARROW, WIDE, AppServer, Tab


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_view_stands_at_every_width_and_in_both_colours(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab], width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark, storage_state=let_in)
    tab.page.goto(served.origin)
    tab.page.get_by_role("heading", level=1).wait_for()
    tab.check()


def test_an_address_opens_the_page_once(
    served: AppServer, let_in: dict[str, Any], open_tab: Callable[..., Tab]
) -> None:
    tab = open_tab()
    tab.page.goto(served.address)
    assert "used already" in tab.page.get_by_role("alert").inner_text()
