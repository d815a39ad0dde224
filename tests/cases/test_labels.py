"""Labels that look like one label in two spellings, or like a missing value, are named; others never."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases.labels import doubts, seen
from dermtools.cases.sources.dermavqa import LOCATIONS
from dermtools.cases.sources.woundcarevqa import INFECTION


def kinds(*labels: str) -> list[str]:
    return [doubt.kind for doubt in doubts(Counter(labels))]


@pytest.mark.parametrize(
    "other",
    [
        "basal cell", "BASAL CELL", "Basal  cell", "Basal\u00a0cell", "Basal\ncell", "Basal\tcell", "Basal cell ",
        "Basal-cell", "Basal_cell", "Basalcell", "Basal cell.", "Basal\u2010cell", "Basal\u200b cell",
        "\ufeffBasal cell", "Ｂａｓａｌ cell", "Bàsal cell", "'Basal cell'",
    ],
)  # fmt: skip
def test_two_spellings_of_one_label_are_named(other: str) -> None:
    assert kinds("Basal cell", other) == ["alike-labels"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("naïve", "nai\u0308ve"),
        ("naevus", "nævus"),
        ("Strasse", "Straße"),
        ("2", "2.0"),
        ("1.5", "1,5"),
        ("True", "true"),
    ],
)
def test_letters_and_numbers_written_in_two_ways_are_named(one: str, other: str) -> None:
    assert kinds(one, other) == ["alike-labels"]


@given(st.text("aBé\u0301ßΣ -_\u00a0\u200b1.", min_size=1, max_size=8))
def test_every_unicode_form_and_case_of_a_label_is_named_with_it(label: str) -> None:
    forms = {f(label) for f in (str.casefold, str.upper)}
    forms |= {unicodedata.normalize(form, label) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    for one, other in combinations(sorted(forms), 2):
        assert set(kinds(one, other)) & {"alike-labels", "missing-value-label"}


@pytest.mark.parametrize(
    "label",
    [
        "NA", "N/A", "n/a", "n.a.", "None", "nan", "NaN", "null", "NULL", "unknown", "Unknown ", "-", "--", "—", "?",
        "...", ".", "", " ", "unbekannt", "keine Angabe", "k. A.", "inconnu", "Inconnue", "non renseigné",
        "desconocido", "#N/A", "<NA>", "(unknown)", "[null]", "not available", "not-specified", "missing", "#VALUE!",
        "\\N", "\u200b", "неизвестно",
    ],
)  # fmt: skip
def test_words_for_a_missing_value_are_named(label: str) -> None:
    assert kinds("melanoma", label) == ["missing-value-label"]


@pytest.mark.parametrize(
    ("one", "other"), [("naevus", "nevus"), ("tumour", "tumor"), ("abscess", "abcess"), ("melanoma", "melanmoa")]
)
def test_a_slip_of_one_letter_is_named(one: str, other: str) -> None:
    assert kinds(one, other) == ["similar-labels"]


@pytest.mark.parametrize(
    "labels",
    [
        LOCATIONS,
        INFECTION,
        ("ACK", "BCC", "MEL", "NEV", "SCC", "SEK"),
        ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"),
        ("type I", "type II", "type III"),
        ("grade 1", "grade 2", "grade 12"),
        ("typical", "atypical"),
        ("1", "-1", "2", "12", "1 2", "0.5"),
        ("ER+", "ER-", "+", "-"),
        ("<5", ">5"),
        ("ventral", "central"),
        ("か", "が"),
        ("KA", "AK", "no", "other", "unclear", "unidentifiable", "normal"),
    ],
)
def test_labels_that_are_classes_of_their_own_are_left_alone(labels: tuple[str, ...]) -> None:
    assert kinds(*labels) == []


def test_what_is_named_is_counted_and_can_be_told_apart() -> None:
    (doubt,) = doubts({"naïve": 3, "nai\u0308ve": 2, "a\u00a0b": 1, "a b": 4})
    assert r"'nai\u0308ve' 2 = 'naïve' 3" in doubt.message
    assert r"'a b' 4 = 'a\xa0b' 1" in doubt.message


@given(st.text())
def test_what_one_sees_of_a_label_is_settled(label: str) -> None:
    assert seen(seen(label)) == seen(label)
