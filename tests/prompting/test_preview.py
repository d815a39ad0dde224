"""The preview page: everything that would be sent, and nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from dermtools.prompting import preview_html, prompt_for
from dermtools.retrieval import CaseBase


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
    html = preview_html(built.messages, estimate, title="rag-3 <b>")
    page = Page()
    page.feed(html)
    images = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 4
    assert all(src.startswith("data:image/jpeg;base64,") for src in images)
    assert [tag for tag, _ in page.tags].count("article") == 5
    assert not {"script", "link", "iframe", "b"} & {tag for tag, _ in page.tags}
    assert not re.search(r"https?://", html)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    for exemplar in built.exemplars:
        assert f"Answer: {' | '.join(exemplar.labels)}" in html
    assert f"{estimate.input_tokens:,}" in html
    assert "Nothing was sent" in html


def test_an_unknown_price_is_shown_as_unknown(case_base: CaseBase) -> None:
    builder = prompt_for("zero-shot", case_base=case_base, task="location")
    built = builder.build("c03")
    assert "unknown" in preview_html(built.messages, builder.estimate(built, "ollama:llava"))
