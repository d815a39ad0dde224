"""Replies against the closed label set: whole labels only, whatever the case, Unicode form or wrapping."""

from __future__ import annotations

import unicodedata
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.errors import PromptError
from dermtools.prompting.asking.label_set import LabelSet, folded

WRAPPINGS = ("{}", " {}\n", "Answer: {}", "answer: [{}]", "**{}**", "“{}”", "{}.", "Label = `{}`")


def test_every_label_of_dermavqa_matches_itself_alone(dermavqa_labels: tuple[str, ...]) -> None:
    labels = LabelSet(dermavqa_labels)
    for label in dermavqa_labels:
        for variant in (label, label.upper(), label.title(), unicodedata.normalize("NFD", label)):
            for wrapping in WRAPPINGS:
                assert labels.match_reply(wrapping.format(variant)) == label


def test_no_pair_of_dermavqa_labels_is_ever_one_label(dermavqa_labels: tuple[str, ...]) -> None:
    labels = LabelSet(dermavqa_labels)
    for one, other in permutations(dermavqa_labels, 2):
        for join in ("{} {}", "{}, {}", "{} or {}", "not {} but {}", "{}\n{}", "{}/{}", "{}-{}", "{}|{}"):
            text = join.format(one, other)
            if folded(text) in map(folded, dermavqa_labels):
                continue  # e.g. `hand` and `back` joined by a hyphen is a label of its own
            assert labels.match_reply(text) is None, text


def test_no_label_is_found_inside_another_word(dermavqa_labels: tuple[str, ...]) -> None:
    for label in dermavqa_labels:
        alone = LabelSet((label, "unused"))
        for text in (f"not {label}", f"un{label}", f"{label}s", f"{label}-back", f"not_{label}", f"{label} area"):
            assert alone.match_reply(text) is None, text


def test_infected_is_not_found_in_not_infected() -> None:
    labels = LabelSet(("infected", "not_infected"))
    assert labels.match_reply("not_infected") == "not_infected"
    assert labels.match_reply("not infected") is None
    assert labels.match_reply("NOT_INFECTED.") == "not_infected"


def test_labels_that_differ_only_in_case_match_exactly_or_not_at_all() -> None:
    labels = LabelSet(("Nevus", "nevus"))
    assert labels.match("Nevus") == "Nevus"
    assert labels.match("NEVUS") is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5, unique=True), st.text(max_size=20))
def test_a_match_is_always_a_label_that_equals_the_text(names: list[str], text: str) -> None:
    try:
        labels = LabelSet(names)
    except PromptError:
        return
    matched = labels.match(text)
    assert (matched is None) or (matched in names and folded(matched) == folded(text))


@pytest.mark.parametrize(
    "label",
    ["basal  cell", "basal\u00a0cell", "basal\ncell", "basal\r\n cell", " basal cell", "basal\u200b cell\ufeff"],
)
def test_odd_white_space_in_a_label_is_shown_as_one_space_and_matched(label: str) -> None:
    labels = LabelSet((label, "naevus"))
    assert labels.listing({}) == "- basal cell\n- naevus"
    assert labels.match_reply("Basal cell.") == labels.match(label) == label


def test_labels_that_differ_only_in_white_space_match_exactly_or_not_at_all() -> None:
    labels = LabelSet(("basal  cell", "basal cell"))
    assert [labels.match(said) for said in ("basal  cell", "basal cell", "BASAL CELL")] == [*labels.shown, None]


@pytest.mark.parametrize("names", [[], [""], ["a", " \n"], ["\u200b"]])
def test_labels_that_show_nothing_are_refused(names: list[str]) -> None:
    with pytest.raises(PromptError):
        LabelSet(names)


def test_the_listing_describes_only_labels_of_the_set() -> None:
    listing = LabelSet(("hand", "FOOT")).listing({"foot": "below the\nankle", "face": "no"})
    assert listing == "- hand\n- FOOT: below the ankle"


def test_mentioned_labels_are_whole_words_and_the_longest() -> None:
    labels = LabelSet(("hand", "hand-back", "foot"))
    assert labels.mentioned("the hand-back, not the FOOT") == ["foot", "hand-back"]
    assert labels.mentioned("handy footwear") == []
