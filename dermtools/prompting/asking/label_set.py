"""The closed label set: how it is written into a prompt, and how a reply is held against it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from dermtools.errors import PromptError
from dermtools.text import one_line

_MARKER = re.compile(r"^\s*(?:[*_]{0,2})(?:final\s+)?(?:answer|label|class)(?:[*_]{0,2})\s*[:=]\s*", re.IGNORECASE)
_WRAPPING = "\"'`*_“”‘’«»()[]{}<> \t\n\r."


_LIMIT = 10_000
"""Characters of a label or a reply that are compared and shown."""


def folded(text: str) -> str:
    """For comparison: Unicode NFKC, case folded, on one line, white space of any kind and length one space."""
    text = one_line(unicodedata.normalize("NFKC", text), _LIMIT)
    return unicodedata.normalize("NFKC", text.casefold())


class LabelSet:
    """The closed label set of a task, matched whole: never by substring, never by nearness.

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

    def match(self, text: str) -> str | None:
        """The label that `text` is, after Unicode and case folding; None where it is none or cannot be decided."""
        if text in self._exact:
            return text
        found = self._folded.get(folded(text), [])
        return found[0] if len(found) == 1 else None

    def match_reply(self, text: str) -> str | None:
        """As `match`, for free text: ignores a leading `Answer:`, quotes, brackets and a full stop around it."""
        candidates = [text, _MARKER.sub("", text)]
        candidates += [candidate.strip(_WRAPPING) for candidate in candidates]
        return next((label for label in map(self.match, candidates) if label is not None), None)

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
