"""Tutorials and how-tos can be read by who knows the field but not the software, many in a second language.

Nine years of school is what a page may ask for: long words are the field's own, so sentences have to be short.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from docs.generator.navigation import paths
from tests.support.paths import ROOT
from tests.support.reading_level import grade, sentences, syllables

DOCS = ROOT / "docs"
SECTIONS = ("Tutorials", "How-to")
HARDEST = 9.0
LONGEST = 50
"""Words of a sentence."""
FEWEST_WORDS = 30
"""Of a page that is more than a table or code."""


def _pages() -> list[Path]:
    nav = yaml.safe_load((DOCS / "nav.yml").read_text(encoding="utf-8"))
    named = [path for entry in nav for title, below in entry.items() if title in SECTIONS for path in paths(below)]
    written = [DOCS / path for path in dict.fromkeys(named) if (DOCS / path).is_file()]
    return [page for page in written if sum(map(len, sentences(page.read_text(encoding="utf-8")))) >= FEWEST_WORDS]


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.stem)
def test_a_page_is_not_hard_to_read(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert grade(text) <= HARDEST
    assert [" ".join(words) for words in sentences(text) if len(words) > LONGEST] == []


def test_the_sections_have_their_pages() -> None:
    assert len(_pages()) > 25


@pytest.mark.parametrize(("word", "count"), [("case", 1), ("cases", 1), ("trained", 1), ("dermatology", 5), ("the", 1)])
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count


def test_only_prose_is_read() -> None:
    page = "# A heading\n\nOne `long.name` is. [Two](x.md) are!\n\n```bash\nnot this\n```\n\n| nor | this |\n"
    assert sentences(page) == [["One", "it", "is"], ["Two", "are"]]


def test_long_sentences_of_long_words_are_harder() -> None:
    assert grade("The cat sat.") < 0 < grade("Simultaneously approximating representations deteriorates.")
