"""Text from data on its way into a prompt, cleaned, bounded and fenced so that it stays data; and words of messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

NOTE_LIMIT = 2000
"""Characters of a note or caption that reach a prompt."""
ATTRIBUTE_LIMIT = 200
"""Characters of one attribute that reach a prompt."""

_SEPARATING = re.compile(r"[\x01-\x1f\x7f-\x9f]")  # escape, form feed and the like: what stood beside them stays apart
_FENCE = re.compile(r"<(\s*/?\s*data\b)", re.IGNORECASE)


def printable(text: str) -> str:
    """Without control, bidirectional and zero-width characters, private-use and unpaired ones; newlines stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c == "\n" or (not unicodedata.category(c).startswith("C"))).strip()


def bounded(text: str, limit: int) -> str:
    """At most `limit` characters; a cut shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def name_key(name: str) -> str:
    """What is compared of a column's name: letters and digits, without case, accents, blanks, `_`, `-` and dots."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(char for char in plain if char.isalnum())


def few(words: Sequence[str], shown: int = 10, separator: str = ", ") -> str:
    """The first words, and an ellipsis where there are more."""
    return separator.join([*words[:shown], *(["..."] if len(words) > shown else [])])


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 case, 2 cases."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def minute(time: str) -> str:
    """A time of ISO 8601 as a person reads it, to the minute: 2026-01-31 09:05."""
    return time[:16].replace("T", " ")


def instead(name: str, known: Iterable[str], *, shown: int = 20) -> str:
    """What to write for a name that is not there: the nearest one, then the first of those that there are."""
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    folded = {one.casefold(): one for one in reversed(names)}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    guess = f"did you mean {folded[near[0]]}? " if near else ""
    return f"{guess}there are: {few(names, shown) or 'none'}"


def one_line(text: str, limit: int = ATTRIBUTE_LIMIT) -> str:
    """Printable text on one line, bounded."""
    return bounded(" ".join(printable(_SEPARATING.sub(" ", text)).split()), limit)


def unfenced(text: str) -> str:
    """The text without a mark that would open or close `<data>`."""
    return _FENCE.sub(r"‹\1", text)


def fenced(text: str, limit: int = NOTE_LIMIT) -> str:
    """Cleaned and bounded text between `<data>` and `</data>`, which it cannot close itself; "" for nothing."""
    text = unfenced(bounded(printable(text.replace("\t", " ")), limit))
    return f"<data>\n{text}\n</data>" if text else ""


def fenced_attributes(attributes: Mapping[str, object]) -> str:
    """Attributes as `name: value` lines between the fences; "" for none."""
    lines = [f"{one_line(name, 60)}: {one_line(str(value))}" for name, value in attributes.items()]
    return fenced("\n".join(lines), limit=NOTE_LIMIT)
