"""Attributes and ids that look as if they told who somebody is: by what they are called, or by what they hold.

A warning for the person at the keyboard and never a promise: what nothing is said of may tell of somebody all the same.
The kinds are those of HIPAA's Safe Harbor list (45 CFR 164.514(b)(2)) that a table of cases can hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from dermtools.cases.identifier_words import GIVEN_NAMES, NAMED, NOT_A_NAME, YES_OR_NO
from dermtools.text import name_key

SAMPLE = 2000
"""Distinct values that are looked at in one attribute."""
_MOSTLY = 0.5
"""Share of values that must look alike before an attribute does."""
_VARIED = 0.5
"""Share of values that differ, below which they are categories rather than persons, texts or numbers."""
_MANY_NAMES = 8
"""Different single words, all written as names are, from which they may be family names."""
_FEW_WORDS, _MANY_WORDS = 4, 12
"""Words of most values, and of any one, from which a text is free."""

_TOKEN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]?[^\W\dA-Z_]+|[A-Z]+(?![^\W\dA-Z_])|[^\W\d_]+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
_PATH = re.compile(r"(?:~|\.{1,2}|[a-z]:|\\)?[\\/]\S.*|.*\S\.[a-z][a-z0-9]{1,4}", re.IGNORECASE)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.] ?\d{1,2}[-/.] ?(?:\d{4}|\d{2}))(?:[T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}\.? [^\W\d_]{3,9}\.? \d{4}|[^\W\d_]{3,9}\.? \d{1,2}, \d{4}"
)
_HASH = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{12,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PLACE = re.compile(r"-?\d{1,2}\.\d{3,}°? ?N?S?[,; ] *-?\d{1,3}\.\d{3,}°? ?[EW]?", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d{3}-\d{2}-\d{4}|756\.\d{4}\.\d{4}\.\d{2}|\d{8}[A-Z]\d{3}|[A-Z]{2} ?(?:\d{2} ?){3}[A-Z]"  # US, CH, DE, UK
    r"|[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d{2})?"  # FR
    r"|[A-Z]{0,6}[-_ #:]?\d{5,}",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?!\d{4} ?- ?\d{4}$)(?:\+|\(?0|\d+[-. )(/])[\d ()/.-]{5,22}\d(?: ?(?:x|ext\.?) ?\d+)?", re.IGNORECASE
)
_STREET = re.compile(
    r"(?:stra(?:ß|ss)e|str\.|gasse|allee|platz|weg|damm|ufer|ring) \d+"
    r"|\b(?:rue|avenue|boulevard|chemin|place|impasse)\b.*\d|\d.*\b(?:rue|avenue|boulevard|chemin|place|impasse)\b"
    r"|\b\d+ .*\b(?:street|st|road|rd|ave|lane|drive|blvd|court|way|square)\b"
    r"|(?-i:\b\d{1,5}[A-Za-z]?,?\s[A-Z]\w+\s[A-Z][a-z]+)|\b(?:flat|studio|apt\.?|suite) \d",
    re.IGNORECASE | re.DOTALL,
)


_DIGITS = str.maketrans("123456789", "000000000")


def identifying(name: str, values: Iterable[object] = ()) -> str | None:
    """What an attribute looks like, e.g. `names of people`; None where nothing is seen.

    Args:
        name: of the column, in English, German or French.
        values: of all cases; None is passed over. Answers of yes and no identify nobody, whatever the name.
    """
    known = [value for value in values if value is not None]
    if known and all(str(value).strip().casefold() in YES_OR_NO for value in known):
        return None
    return _by_name(name) or _by_content(known)


def identifying_attributes(columns: Mapping[str, Iterable[object]]) -> dict[str, str]:
    """Name to what it looks like, of those attributes that look like an identifier."""
    found = {name: identifying(name, values) for name, values in columns.items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def names_in_ids(ids: Iterable[str], ordinary: Iterable[str] = ()) -> list[str]:
    """The ids that seem to hold a person's name, such as `Mueller_Hans_1`; numbers, dates and codes are passed over.

    `ordinary` texts, such as labels, hold words that are no names.
    """
    # Ids that differ in digits alone hold the same words, so that c1 to c99999 are looked at five times.
    shapes: dict[str, list[str]] = {}
    for one in dict.fromkeys(ids):
        shapes.setdefault(one.translate(_DIGITS), []).append(one)
    words_of = {shape: _words(shape) for shape in shapes}
    counts = Counter[str]()
    for shape, words in words_of.items():
        counts.update(dict.fromkeys({name_key(word) for word in words}, len(shapes[shape])))
    many = sum(map(len, shapes.values()))
    # A word of many ids is a camera, a place or a diagnosis: of one person there are a few pictures.
    passed = {word for word, count in counts.items() if count > max(10, many / 10)}
    passed |= {name_key(word) for text in ordinary for word in _words(text)}
    return [one for shape, words in words_of.items() if _is_name(words, passed) for one in shapes[shape]]


def _words(text: str) -> list[str]:
    """Its words, `MuellerHans1` parted; letters and digits in turn are a code and none."""
    tokens = (token.strip("0123456789") for token in _TOKEN.findall(text))
    return [word for token in tokens if token.isalpha() for word in _CAMEL.findall(token)]


def _by_name(name: str) -> str | None:
    key, tokens = name_key(name), _TOKEN.findall(name)
    words = [name_key(word) for word in [*(part for token in tokens for part in _CAMEL.findall(token)), *tokens]]
    named = {key, *words, *map("".join, pairwise(words))}
    for kind, (whole, inside, unless) in NAMED.items():
        if not unless & named and (whole & named or any(part in key for part in inside)):
            return kind
    return None


def _by_content(values: Sequence[object]) -> str | None:
    texts = [text for value in values if isinstance(value, str) and (text := value.strip())]
    distinct = list(dict.fromkeys(texts))[:SAMPLE]
    for kind, looks in _IN_ANY.items():
        if any(map(looks, distinct)):
            return kind
    varied = len(set(texts)) >= max(2, _VARIED * len(texts))
    for kind, looks in _IN_MOST.items():
        if (varied or kind in _EVEN_REPEATED) and sum(map(bool, map(looks, distinct))) > _MOSTLY * len(distinct):
            return kind
    if varied and len(distinct) >= _MANY_NAMES and all(text.istitle() and text.isalpha() for text in distinct):
        return "names of people"
    return "record numbers" if _counted(values) else None


def _counted(values: Sequence[object]) -> bool:
    """Whether these are whole numbers of six digits or more, as many digits in each, and hardly one twice."""
    numbers = [value for value in values if isinstance(value, int)]
    digits = {len(str(value)) for value in numbers}
    return (
        len(numbers) == len(values) > 1
        and len(digits) == 1
        and min(digits) > 5
        and len(set(numbers)) > 0.9 * len(numbers)
    )


def _is_name(words: Sequence[str], passed: Collection[str] = ()) -> bool:
    """Whether a given name is among these words, or all are written as names: two or more, or one with an accent."""
    left = [word for word in words if len(word) > 1 and (key := name_key(word)) not in NOT_A_NAME and key not in passed]
    if not 0 < len(left) <= 4:
        return False
    if any(name_key(word) in GIVEN_NAMES for word in left):
        return True
    written = all(word.istitle() and re.search("[aeiouyäöüéèàáíóúø]", word, re.IGNORECASE) for word in left)
    return written and (sum(len(word) > 2 for word in left) > 1 or not left[0].isascii())


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and 7 <= sum(map(str.isdigit, text)) <= 20


_IN_ANY: dict[str, Callable[[str], object]] = {
    "e-mails": _MAIL.search,
    "files or web addresses": _WEB.search,
    "free text": lambda text: len(text.split()) >= _MANY_WORDS,
}
_IN_MOST: dict[str, Callable[[str], object]] = {
    "dates": _DATE.fullmatch,
    "files or web addresses": _PATH.fullmatch,
    "hashes": _HASH.fullmatch,
    "places on a map": _PLACE.fullmatch,
    "record numbers": _NUMBER.fullmatch,
    "phones": _is_phone,
    "addresses": _STREET.search,
    "names of people": lambda text: not re.search(r"\d", text) and _is_name(_words(text)),
    "free text": lambda text: len(text.split()) >= _FEW_WORDS,
}
_EVEN_REPEATED = frozenset({"dates", "files or web addresses", "hashes", "places on a map"})
