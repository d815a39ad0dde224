"""Every page of the site has one place."""

from __future__ import annotations

from docs.generator.navigation import FURTHER, navigation

WRITTEN = "[{Start: index.md}, {Commands: ref/...}, {How: [a.md]}]"


def test_a_folder_stands_for_its_pages_with_the_index_first() -> None:
    pages = ["ref/b.md", "ref/a.md", "ref/index.md", "index.md", "a.md"]
    assert navigation(WRITTEN, pages)[1] == {"Commands": ["ref/index.md", "ref/b.md", "ref/a.md"]}


def test_a_page_that_nobody_placed_is_on_the_site_all_the_same() -> None:
    assert navigation(WRITTEN, ["index.md", "new.md", "a.md"])[-1] == {FURTHER: ["new.md"]}
