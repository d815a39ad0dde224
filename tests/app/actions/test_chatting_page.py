"""The agent in a real browser: words and cases as they come, chips that open, what is invented, and stop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.app_model import BEGUN, INVENTED, searching
from tests.support.app_server import NARROW, AppServer, Tab, serving, tab
from tests.support.openai_requests import OpenAISchemas
from tests.support.patience import SAFETY_NET
from tests.support.streaming_server import StreamingOpenAIServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True)
class Talking:
    """The app with a model behind it, and a browser that was let in."""

    server: AppServer
    model: StreamingOpenAIServer
    state: dict[str, Any]
    photograph: Path

    def ask(self, opened: Tab, question: str) -> None:
        """In a new conversation, with a photograph."""
        page = opened.page
        page.goto(f"{self.server.origin}/chat")
        page.get_by_text(re.compile(r"openai:gpt-4\.1 at 127\.0\.0\.1:\d+")).wait_for()
        page.get_by_text("Nothing was sent yet.").wait_for()
        page.set_input_files("input[type=file]", self.photograph)
        page.get_by_role("button", name="Remove").wait_for()
        page.get_by_label("Your question").fill(question)
        page.get_by_label("Your question").press("Enter")


@pytest.fixture(scope="module")
def talking(chromium: Browser, photograph_base: Path, photographs: Path, schemas: OpenAISchemas) -> Iterator[Talking]:
    picture = min((photographs.parent / "images").iterdir())
    with StreamingOpenAIServer(schemas, searching) as model:
        options = ("--model", "openai:gpt-4.1", "--base-url", model.url)
        with serving(photograph_base, *options) as server, tab(chromium) as first:
            first.page.goto(server.address)
            first.page.wait_for_selector("h1")
            yield Talking(server, model, dict(first.page.context.storage_state()), picture)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (NARROW, True)])
def test_an_answer_stands_with_the_cases_that_it_rests_on_and_those_it_invented(
    talking: Talking, open_tab: Callable[..., Tab], width: int, dark: bool
) -> None:
    opened = open_tab(width=width, dark=dark, storage_state=talking.state)
    page = opened.page
    talking.ask(opened, "What is it?")
    page.get_by_text("So far").wait_for()
    turn = page.get_by_role("article", name="What is it?")
    assert turn.locator(".case-row img").count() == 3
    assert turn.get_by_role("img", name="shown to the model").count() == 3
    assert turn.locator(".chat-text b").inner_text() == "benign"
    assert turn.locator(".chat-text li a").count() == 2
    assert turn.get_by_text(f"{INVENTED} (invented)").count() == 2
    turn.get_by_text("<img src=x onerror=alert(1)>").wait_for()
    turn.get_by_text("search_similar_cases").click()
    turn.get_by_text('"show_pictures": true').wait_for()
    opened.check()
    page.reload()
    turn.locator(".chat-text li a").first.click()
    page.wait_for_url(re.compile(r"/\?of=case"))
    page.go_back()
    turn.get_by_text("benign").wait_for()


def test_stop_ends_the_work_of_the_model(talking: Talking, open_tab: Callable[..., Tab]) -> None:
    opened = open_tab(storage_state=talking.state)
    page = opened.page
    talking.model.hung_up.clear()
    talking.ask(opened, "hold")
    page.get_by_text(BEGUN).wait_for()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Similar cases").click()
    page.get_by_role("heading", level=1).wait_for()
    page.go_back()
    page.get_by_text(BEGUN).wait_for()
    assert not talking.model.hung_up.is_set()
    page.get_by_role("button", name="Stop").click()
    assert talking.model.hung_up.wait(SAFETY_NET)
    page.get_by_text("Stopped.").wait_for()
    page.reload()
    page.get_by_text(BEGUN).wait_for()
    page.get_by_text("Stopped.").wait_for()
    opened.check()


def test_a_page_that_is_closed_stops_the_work_too(talking: Talking, open_tab: Callable[..., Tab]) -> None:
    opened = open_tab(storage_state=talking.state)
    talking.model.hung_up.clear()
    talking.ask(opened, "hold, please")
    opened.page.get_by_text(BEGUN).wait_for()
    opened.page.close()
    assert talking.model.hung_up.wait(SAFETY_NET)
