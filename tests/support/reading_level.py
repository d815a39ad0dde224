"""How hard prose is to read: the Flesch-Kincaid grade, the years of school that a text asks for.

0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid et al. 1975). Syllables are counted as groups of vowels.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"```.*?```|<!--.*?-->|<[^>]+>", re.DOTALL)
_NO_PROSE = re.compile(r"\s*(?:[|#!>\[]|\d+\. *$)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_SILENT = re.compile(r"(?:[^laeiouy]es|[^laeiouytd]ed|[^laeiouy]e)$")


def sentences(markdown: str) -> list[list[str]]:
    """Words of each sentence of a page: no code blocks, tables or headings; inline code is one short word."""
    lines = [line for line in _CODE.sub("", markdown).splitlines() if not _NO_PROSE.match(line)]
    text = re.sub(r"`[^`]*`", "it", _LINK.sub(r"\1", "\n".join(lines)))
    found = [_WORD.findall(one) for paragraph in _PARAGRAPH.split(text) for one in _SENTENCE.split(paragraph)]
    return [words for words in found if words]


def grade(markdown: str) -> float:
    """The Flesch-Kincaid grade of a page's prose."""
    split = sentences(markdown)
    words = [word for sentence in split for word in sentence]
    return 0.39 * len(words) / len(split) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Groups of vowels, a silent ending aside; at least one."""
    return max(1, len(re.findall("[aeiouy]+", _SILENT.sub("", word.lower()))))
