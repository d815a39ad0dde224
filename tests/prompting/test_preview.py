"""The page of a prompt: all that would be sent, its examples as a strip, and nothing that runs or is loaded."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dermtools.prompting import preview_html, prompt_for
from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, WIDE, browser, tab

PICTURE = re.compile(r'<img src="(data:image/jpeg;base64,[^"]+)"')


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_every_message_and_picture_is_shown_and_nothing_is_loaded_or_run(case_base: CaseBase) -> None:
    builder = prompt_for("rag-3", case_base=case_base, task="location")
    built = builder.build({"image": "c03", "note": "<script>alert(1)</script> & more"})
    estimate = builder.estimate(built, "openai:gpt-4.1")
    html = preview_html(built.messages, estimate, title="rag-3 <blink>")
    page = Page()
    page.feed(html)
    images = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 4
    assert all(src.startswith("data:image/jpeg;base64,") for src in images)
    assert [tag for tag, _ in page.tags].count("article") == 5
    assert not {"script", "link", "iframe", "blink"} & {tag for tag, _ in page.tags}
    assert not re.search(r"https?://", html)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    for exemplar in built.exemplars:
        assert f"Answer: {' | '.join(exemplar.labels)}" in html
    assert f"{estimate.input_tokens:,}" in html
    assert "Nothing was sent" in html


@pytest.mark.parametrize("layout", [None, "pairs"])
def test_the_strip_pairs_each_example_with_the_picture_that_is_sent_for_it(
    case_base: CaseBase, layout: str | None
) -> None:
    builder = prompt_for("rag-3", case_base=case_base, task="location", layout=layout)
    built = builder.build("c03")
    html = preview_html(built.messages, builder.estimate(built), exemplars=built.exemplars)
    strip, messages = html.split('class="tabbed"')
    assert PICTURE.findall(strip) == PICTURE.findall(messages)
    assert re.findall(r'class="id">([^<]+)', strip) == [exemplar.case_id for exemplar in built.exemplars]
    assert re.findall(r'class="label">([^<]+)', strip) == [x for one in built.exemplars for x in one.labels]


def test_examples_of_words_alone_have_no_strip(case_base: CaseBase) -> None:
    builder = prompt_for("rag-labels-3", case_base=case_base, task="location")
    built = builder.build("c03")
    assert 'class="strip"' not in preview_html(built.messages, builder.estimate(built), exemplars=built.exemplars)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_tab_shows_the_schema_instead_of_the_messages(case_base: CaseBase, tmp_path: Path, width: int) -> None:
    builder = prompt_for("rag-3", case_base=case_base, task="location")
    built = builder.build("c03")
    page = preview_html(
        built.messages, builder.estimate(built), title="rag-3", exemplars=built.exemplars, schema=builder.schema
    )
    (tmp_path / "prompt.html").write_text(page, encoding="utf-8")
    with browser() as started, tab(started, width=width, dark=width == NARROW) as one:
        one.page.goto((tmp_path / "prompt.html").as_uri())
        one.check()
        one.page.get_by_role("radio", name="Messages").press("ArrowRight")
        assert json.loads(unescape(one.page.locator(".schema").inner_text())) == builder.schema
        assert not one.page.locator("article.message").first.is_visible()
        one.check()


def test_an_unknown_price_is_shown_as_unknown(case_base: CaseBase) -> None:
    builder = prompt_for("zero-shot", case_base=case_base, task="location")
    built = builder.build("c03")
    assert "unknown" in preview_html(built.messages, builder.estimate(built, "ollama:llava"))
