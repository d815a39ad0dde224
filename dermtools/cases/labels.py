"""Labels that may be no classes of their own: one label in two spellings, and words for a missing value."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Literal, NamedTuple

from dermtools.text import few

DoubtKind = Literal["alike-labels", "missing-value-label", "similar-labels"]
_REMEDY = "ingest with --map-labels FILE joins or drops them"

_MISSING = """
    na nan nat none null nil void empty blank missing missingvalue novalue nodata unknown unk unspecified undefined
    notspecified notavailable notapplicable notknown notrecorded notreported notprovided notgiven tbd
    unbekannt nichtbekannt keineangabe keineangaben ohneangabe ohneangaben fehlend fehlt leer
    inconnu inconnue nonconnu nonconnue nonrenseigne nonrenseignee nonprecise nonspecifie manquant
    desconocido desconocida sindatos noespecificado sconosciuto sconosciuta nonnoto desconhecido desconhecida
    onbekend ukendt ukjent okand nieznany nieznane neznamy nezname bilinmiyor неизвестно 未知 不明 不详
"""
_MISSING_WORDS = frozenset(_MISSING.split())
"""What stands for a missing value in data and in the languages of clinics, without accents, spaces, punctuation."""
_MISSING_SIGNS = re.compile(r"#(NULL!|VALUE!|REF!|DIV/0!|NAME\?|NUM!)|\\N|[kK]\.\s?[aA]\.")
"""The same where punctuation makes it: a spreadsheet's errors, MySQL's null, German "keine Angabe"."""
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_TYPO_LENGTH = 5
"""Letters that a word has at least before one letter more, less or other is taken for a slip."""


class Doubt(NamedTuple):
    """Labels of one task that look wrong, and why."""

    kind: DoubtKind
    message: str


class Doubtful(NamedTuple):
    """Labels of one task that may be no classes of their own."""

    missing: list[str]
    """They read like a missing value."""
    alike: list[list[str]]
    """Groups that differ only in case, spaces, accents or punctuation."""
    similar: list[tuple[str, str]]
    """Pairs that differ by one letter; of a group in `alike`, its first."""


def doubtful(labels: Iterable[str]) -> Doubtful:
    """What looks wrong among the labels of a task."""
    given = sorted(set(labels))
    missing = [label for label in given if _stands_for_missing(label, given)]
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in given:
        if label not in missing:
            spellings[_key(label)].append(label)
    groups = list(spellings.values())
    return Doubtful(missing, [group for group in groups if len(group) > 1], _slips(group[0] for group in groups))


def doubts(counts: Mapping[str, int]) -> Iterator[Doubt]:
    """What looks wrong among the labels of a task; `counts` is label to cases."""
    named = {label: f"{written(label)} {count}" for label, count in counts.items()}
    found = doubtful(counts)
    if found.alike:
        alike = [" = ".join(map(named.__getitem__, labels)) for labels in found.alike]
        what = "labels that differ only in case, spaces, accents or punctuation"
        yield Doubt("alike-labels", f"{what}: {few(alike, separator='; ')}; {_REMEDY}")
    if found.missing:
        shown = few([named[label] for label in found.missing])
        yield Doubt("missing-value-label", f"labels that read like a missing value: {shown}; {_REMEDY}")
    if found.similar:
        similar = [f"{named[one]} ~ {named[other]}" for one, other in found.similar]
        yield Doubt("similar-labels", f"labels that differ by one letter: {few(similar, separator='; ')}")


def written(label: str) -> str:
    """A label between quotes; what cannot be seen, or looks like another letter, by its code."""
    return repr(label) if unicodedata.is_normalized("NFC", label) else ascii(label)


def seen(label: str) -> str:
    """A label as one sees it: composed, white space of any kind and length one space, nothing invisible."""
    visible = (" " if c.isspace() else c for c in label if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", " ".join("".join(visible).split()))


def _words(label: str) -> list[str]:
    """Lower-case words without accents and punctuation; signs such as + and < stay."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", label).casefold().translate(_LETTERS))
    text = "".join(c for c in text if not "\u0300" <= c <= "\u036f" and unicodedata.category(c) != "Cf")
    return "".join(c if unicodedata.category(c)[0] in "LNMS" and c not in "`´^" else " " for c in text).split()


def _key(label: str) -> str:
    """What two spellings of one label share. Numbers are compared as numbers: 2 is 2.0, but not -2 or 2 1."""
    try:
        return repr(float(label.replace(",", ".")))
    except ValueError:
        return re.sub(r"(?<!\d) | (?!\d)", "", " ".join(_words(label)))


def _stands_for_missing(label: str, others: Iterable[str]) -> bool:
    words = "".join(_words(label))
    if not words:  # punctuation only, such as - or ?
        return "+" not in others
    return "".join(filter(str.isalnum, words)) in _MISSING_WORDS or _MISSING_SIGNS.fullmatch(label) is not None


def _slips(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of labels of which one word differs by one letter, which is not its first, and no digit."""
    words = {label: _words(label) for label in labels}
    near: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for label, parts in words.items():
        for place, word in enumerate(parts):
            if len(word) >= _TYPO_LENGTH and word.isalpha():
                for shorter in {word, *(word[:i] + word[i + 1 :] for i in range(1, len(word)))}:
                    near[(*parts[:place], shorter, *parts[place + 1 :])].append((label, word))
    pairs = {
        (one, other)
        for found in near.values()
        for (one, word), (other, another) in combinations(found, 2)
        if one != other and _one_letter(word, another)
    }
    return sorted(pairs)


def _one_letter(word: str, other: str) -> bool:
    """Whether two words that agree without one letter of each are one slip apart, not two."""
    if len(word) != len(other):
        return True
    unlike = [place for place, letters in enumerate(zip(word, other, strict=True)) if letters[0] != letters[1]]
    return len(unlike) == 1 or (len(unlike) == 2 and unlike[1] - unlike[0] == 1 and word[unlike[0]] == other[unlike[1]])
