"""The closed label set: how it is written into a prompt, and how a reply is held against it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dermtools.errors import PromptError
from dermtools.text import one_line

_MARKER = re.compile(
    r"\s*(?P<em>\*\*|__|\*|_)?(?:final\s+)?(?:answer|label|class)"
    r"(?(em)(?:(?P=em)\s*(?::|=(?!>))|\s*(?::|=(?!>))\s*(?P=em))|\s*(?::|=(?!>)))\s*",
    re.IGNORECASE,
)
_PAIRS = {'""', "''", "``", "**", "__", "$$", "()", "[]", "{}", "“”", "‘’", "„“", "„”", "‚‘", "«»", "»«", "‹›"}
_PAIRS |= {"「」", "『』", "【】"}
_WRAPPED = [  # no bare < and >: they are signs in labels such as `<1 cm`
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"<([a-z][\w:-]*)(?:\s[^<>]*)?>(?P<inner>.*)</\1\s*>",
        r"```[\w-]*\n(?P<inner>.*)```",
        r"\\(?:boxed|fbox|text\w*|math\w*)\s*\{(?P<inner>.*)\}",
        r"\\\((?P<inner>.*)\\\)",
        r"\\\[(?P<inner>.*)\\\]",
    )
]
_MOST_LAYERS = 12
_MOST_FORM = 1000
"""Characters that a reply with a label may have beyond the longest label."""
_LIMIT = 10_000
"""Characters of a label or a reply that are compared and shown."""
_DIGITS = ("<super>", "<sub>", "<fraction>")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?")


def folded(text: str) -> str:
    """For comparison: Unicode NFKC, case folded, on one line, white space of any kind and length one space.

    Superscripts, subscripts and fractions stay what they are: `10²` is not `102`.
    """
    return _compatible(one_line(_compatible(text), _LIMIT).casefold())


def _compatible(text: str) -> str:
    parts = (c if unicodedata.decomposition(c).startswith(_DIGITS) else unicodedata.normalize("NFKD", c) for c in text)
    return unicodedata.normalize("NFC", "".join(parts))


class LabelSet:
    """The closed label set of a task, matched whole: never by substring, never by nearness.

    `labels` are in the order in which they were given.

    Raises:
        PromptError: empty, or a label without a visible character.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        if not labels:
            raise PromptError("a task needs at least one label")
        for label in labels:
            if not one_line(label):
                raise PromptError(f"label {label!r} shows nothing; correct the data, or drop it with --map-labels")
        self.labels = tuple(labels)
        lines = tuple(one_line(label, _LIMIT) for label in labels)
        self.shown = lines if len(set(lines)) == len(lines) else self.labels
        """The labels as a schema lists them: on one line each, unless two would then be one."""
        self._exact = set(labels)
        self._folded: dict[str, list[str]] = {}
        for label in labels:
            self._folded.setdefault(folded(label), []).append(label)
        self._numbers = {label: Decimal(label) for label in labels if _NUMBER.fullmatch(label)}
        self._longest = max(map(len, labels))

    def match(self, text: str) -> str | None:
        """The label that `text` is, after Unicode and case folding; None where it is none or cannot be decided."""
        if text in self._exact:
            return text
        found = self._folded.get(folded(text), [])
        return found[0] if len(found) == 1 else None

    def match_reply(self, text: str) -> str | None:
        """As `match`, for a model's text: ignores a leading `Answer:`, and quotes, brackets, tags, a full stop around.

        They are taken off a layer at a time. Where the labels tell themselves apart by just that, only the text as it
        is counts.
        """
        if len(text) > self._longest + _MOST_FORM:
            return None
        if (label := self.match(text)) is not None:
            return label
        matched = {label for layer in layers(text) if (label := self.match(layer)) is not None}
        return matched.pop() if len(matched) == 1 else None

    def match_value(self, value: Any) -> str | None:
        """As `match_reply`, for a value of JSON: a number is the label that is written as it or equals it."""
        if isinstance(value, bool):
            return self.match(json.dumps(value))
        if isinstance(value, int | float):
            if (text := str(value)) in self._exact:
                return text
            equal = [label for label, number in self._numbers.items() if number == Decimal(text)]
            return equal[0] if len(equal) == 1 else None
        return self.match_reply(value) if isinstance(value, str) else None

    def mentioned(self, text: str) -> list[str]:
        """Labels that occur in `text` as whole words; only to say why a reply is not one label, never to choose one."""
        haystack = folded(text)
        found = []
        for label in sorted(self.labels, key=len, reverse=True):
            pattern = rf"(?<![\w-]){re.escape(folded(label))}(?![\w-])"
            if re.search(pattern, haystack):
                found.append(label)
                haystack = re.sub(pattern, " ", haystack)
        return sorted(found)

    def listing(self, descriptions: Mapping[str, str]) -> str:
        """The list for a prompt: one label a line, with its description where there is one."""
        known = {folded(label): text for label, text in descriptions.items()}
        described = ((one_line(label, _LIMIT), known.get(folded(label))) for label in self.labels)
        return "\n".join(f"- {label}: {one_line(text)}" if text else f"- {label}" for label, text in described)


def layers(text: str) -> Iterator[str]:
    """A text without its outermost wrapping, then without the next, and so on."""
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    for _ in range(_MOST_LAYERS):
        text = text.strip()
        for pattern in _WRAPPED:
            if wrapped := pattern.fullmatch(text):
                text = wrapped["inner"]
                break
        else:
            if marker := _MARKER.match(text):
                text = text[marker.end() :]
            elif len(text) > 1 and text[0] + text[-1] in _PAIRS:
                text = text[1:-1]
            elif text.endswith((".", "。")) and not text.endswith(("...", "。。。")):
                text = text[:-1]
            else:
                return
        yield text
