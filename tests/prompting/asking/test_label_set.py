"""Replies against the closed label set: whole labels only, whatever the case, Unicode form or wrapping."""

from __future__ import annotations

import unicodedata
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.errors import PromptError
from dermtools.prompting.asking.label_set import LabelSet, folded, layers

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


WRAPPED = (
    *WRAPPINGS,
    *("({})", "[{}].", "'{}'", "**{}.**", "_{}_", "„{}“", "«{}»", "```\n{}\n```", "```text\n{}```", "**Answer:** {}"),
    *("**Final answer**: {}", "Answer: **{}**.", "<answer>{}</answer>", '<label class="a">{}</label>', "\\boxed{{{}}}"),
    *(
        "$\\boxed{{\\text{{{}}}}}$",
        "\\(\\text{{{}}}\\)",
        "\ufeff{}",
        "\u200b**{}**\u200b",
        "\u00a0{}\u200e",
        "{}\u00ad",
    ),
)
# What labels begin and end with in coded tables: signs, brackets, marks, stops, numbers with dots.
LABELS = st.lists(st.text("a1<>≤≥±+-−–#*_.()[]\"'`% ", min_size=1, max_size=7), min_size=1, max_size=6, unique=True)


def label_set(names: list[str]) -> LabelSet | None:
    try:
        return LabelSet(names)
    except PromptError:
        return None


@settings(max_examples=300, deadline=None)
@given(LABELS, st.sampled_from(WRAPPED), st.data())
def test_any_label_in_any_wrapping_is_read_as_itself(names: list[str], wrapping: str, data: st.DataObject) -> None:
    labels = label_set(names)
    label = data.draw(st.sampled_from(names))
    if labels is None or labels.match(label.strip()) != label or label.endswith(".."):
        return  # an ellipsis says that something is left out
    text = wrapping.format(label)
    told_apart_by_form = len({labels.match(layer) for layer in (text, *layers(text))} - {None}) > 1
    assert labels.match_reply(text) == label or told_apart_by_form


@settings(max_examples=300, deadline=None)
@given(LABELS, st.text("a1<>≤≥±+-−–#*_.()[]\"'`% ", max_size=9))
def test_no_sign_and_no_digit_is_ever_lost(names: list[str], text: str) -> None:
    labels = label_set(names)
    label = labels.match_reply(text) if labels else None
    for kept in "a1<>≤≥±+-−–#%":
        assert label is None or label.count(kept) == text.count(kept)


@pytest.mark.parametrize(
    ("names", "text", "label"),
    [
        (("hand", "lower arm (left)"), "lower arm (left).", "lower arm (left)"),
        (("hand", "lower arm (left)"), "**lower arm (left)**", "lower arm (left)"),
        (("1 cm", "< 1 cm"), "<1 cm", None),
        (("1 cm", "< 1 cm"), "< 1 cm", "< 1 cm"),
        (("1 cm", "> 1 cm"), "<1 cm>", None),
        (("1 cm", "> 1 cm"), "Answer => 1 cm", None),
        (("1", "-1"), "Label:-1.", "-1"),
        (("1", "-1"), "- 1", None),
        (("I.", "II."), "II.", "II."),
        (("1.2", "12"), "1.2.", "1.2"),
        (("102", "10²"), "10²", "10²"),
        (("102", "7"), "10²", None),
        (("arm", "arm."), "arm.", "arm."),
        (("arm", "arm."), "**arm.**", None),
        (("arm", '"arm"'), '"arm"', '"arm"'),
        (("arm", "leg"), "arm...", None),
        (("arm", "leg"), "<arm>", None),
        (("arm", "leg"), "<answer>arm</label>", None),
        (("lower  arm", "leg"), "lower arm", "lower  arm"),
        (("lower arm", "leg"), "lower\narm", "lower arm"),
    ],
)
def test_one_layer_of_wrapping_at_a_time(names: tuple[str, ...], text: str, label: str | None) -> None:
    assert LabelSet(names).match_reply(text) == label


@pytest.mark.parametrize(
    ("names", "value", "label"),
    [
        (("0", "1", "2"), 2, "2"),
        (("0", "1", "2"), 2.0, "2"),
        (("1.0", "2.0"), 2, "2.0"),
        (("2", "2.0"), 2.0, "2.0"),
        (("2.0", "2.00"), 2, None),
        (("2", "3"), 2.5, None),
        (("2", "02"), 2, "2"),
        (("02", "03"), 2, None),
        (("1", "true"), True, "true"),
        (("1", "0"), True, None),
        (("True", "False"), False, "False"),
        (("true", "false"), 1, None),
        (("yes", "no"), True, None),
        (("None", "null"), None, None),
        (("2", "3"), [2], None),
        (("2", "3"), float("nan"), None),
        (("2", "3"), "**2**", "2"),
    ],
)
def test_a_number_or_a_boolean_is_the_label_that_is_written_so(
    names: tuple[str, ...], value: object, label: str
) -> None:
    assert LabelSet(names).match_value(value) == label


@pytest.mark.parametrize("piece", ["<a>", "</a", "(", "**", "\\text{", "Answer: ", "\u200b", "`"])
def test_a_long_reply_has_its_layers_taken_off_one_by_one(piece: str) -> None:
    text = piece * 100_000
    assert sum(map(len, layers(text))) <= 12 * len(text)
    assert LabelSet(("a", "b")).match_reply(text) is None
