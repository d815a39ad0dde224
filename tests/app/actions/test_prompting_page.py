"""Classify and ask, in a real browser: methods side by side, the prompt as it is sent, and the button that sends it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, AppServer, Tab, serving, tab
from tests.support.openai_replies import Answer, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SEND = re.compile(r"Send to openai:gpt-4\.1 at 127\.0\.0\.1:\d+ for about \$0\.00\d+")


@dataclass(frozen=True)
class Asked:
    """The app with a model behind it, and a case that no classifier has learned from."""

    server: AppServer
    model: StreamingOpenAIServer
    state: dict[str, Any]
    case_id: str
    truth: str

    def view(self, **query: str) -> str:
        given = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.server.origin}/ask?of=case:{self.case_id}&task=diagnosis{given}"


@pytest.fixture(scope="module")
def asked(chromium: Browser, photograph_base: Path, schemas: OpenAISchemas) -> Iterator[Asked]:
    case = next(iter(CaseBase.open(photograph_base).cases("split = 'test'")))
    with StreamingOpenAIServer(schemas, default=Answer(case.labels["diagnosis"][0])) as model:
        options = ("--model", "openai:gpt-4.1", "--base-url", model.url)
        with serving(photograph_base, *options) as server, tab(chromium) as first:
            first.page.goto(server.address)
            first.page.wait_for_selector("h1")
            state = dict(first.page.context.storage_state())
            yield Asked(server, model, state, case.case_id, case.labels["diagnosis"][0])


def test_methods_stand_side_by_side_with_what_they_rest_on(asked: Asked, open_tab: Callable[..., Tab]) -> None:
    opened = open_tab(storage_state=asked.state)
    page = opened.page
    page.goto(asked.view())
    vote, adapter = page.get_by_role("article", name="knn-vote-5"), page.get_by_role("article", name="adapter")
    adapter.get_by_text("Label set at 90 % coverage").wait_for()
    page.get_by_text("Not computed here: linear-probe").wait_for()
    page.get_by_text("Truth:").wait_for()
    for method in (vote, adapter, page.get_by_role("article", name="fusion")):
        method.get_by_role("img", name=re.compile("^(right|wrong)$")).wait_for()
    opened.check()
    vote.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/\?of=case"))
    page.go_back()
    adapter.wait_for()


def test_the_prompt_is_sent_by_the_button_that_names_price_and_receiver(
    asked: Asked, open_tab: Callable[..., Tab]
) -> None:
    before = len(asked.model.requests)
    opened = open_tab(storage_state=asked.state)
    page = opened.page
    page.goto(asked.view(method="rag-3"))
    button = page.get_by_role("button", name=SEND)
    button.wait_for()
    assert page.locator(".ask-messages img").count() == 4
    page.get_by_role("tab", name="Messages").press("ArrowRight")
    page.get_by_text('"additionalProperties": false').wait_for()
    page.get_by_role("combobox", name="Method").select_option("zero-shot")
    page.wait_for_url(re.compile("method=zero-shot.*tab=schema"))
    page.get_by_role("tab", name="Response schema").press("ArrowLeft")
    page.get_by_text(re.compile("^1, .* KiB$")).wait_for()
    assert page.locator(".ask-messages img").count() == 1
    page.reload()
    button.wait_for()
    assert len(asked.model.requests) == before
    button.click()
    reply = page.get_by_role("article", name="The model's answer")
    reply.get_by_text(json.dumps({"label": asked.truth})).wait_for()
    reply.get_by_role("img", name="right").wait_for()
    reply.get_by_text(re.compile("tokens in, 5 out; cost")).wait_for()
    assert len(asked.model.requests) == before + 1
    assert len(asked.model.requests[-1].pictures) == 1
    opened.check()


def test_a_reply_that_is_no_label_stands_as_it_came_and_is_never_markup(
    asked: Asked, open_tab: Callable[..., Tab]
) -> None:
    opened = open_tab(width=NARROW, dark=True, storage_state=asked.state)
    page = opened.page
    page.goto(asked.view(method="random-2"))
    asked.model._replies.append(Say("<img src=x onerror=document.title='run'> a wart"))
    page.get_by_role("button", name=SEND).click()
    reply = page.get_by_role("article", name="The model's answer")
    reply.get_by_text("no valid answer").wait_for()
    reply.locator("pre", has_text="<img src=x").wait_for()
    assert page.title() == "Classify and ask – dermtools"
    opened.check()


def test_without_a_model_the_page_says_how_to_name_one(
    served: AppServer, let_in: dict[str, Any], asked: Asked, open_tab: Callable[..., Tab]
) -> None:
    opened = open_tab(storage_state=let_in)
    opened.page.goto(f"{served.origin}/ask?of=case:{asked.case_id}&method=zero-shot")
    opened.page.get_by_text("dermtools app CASEBASE --model openai:gpt-4.1").wait_for()
    assert opened.page.locator(".ask-messages img").count() == 1
    opened.check()
