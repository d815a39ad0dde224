"""Promises of `dermtools.cases.splits`."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import Case
from dermtools.cases.splits import assign_splits, joined_groups
from dermtools.errors import SourceError


def make_cases(groups, split=None):
    """Cases `g0-0`, `g0-1`, ... from a list of groups, each a list of label tuples."""
    return [
        Case(case_id=f"g{g}-{i}", group_id=f"g{g}", split=split, labels={"site": labels} if labels else {})
        for g, members in enumerate(groups)
        for i, labels in enumerate(members)
    ]


def splits_by_group(cases):
    found = defaultdict(set)
    for case in cases:
        found[case.group_id].add(case.split)
    return found


label_sets = st.lists(st.sampled_from(["arm", "back", "chin", "ear", "foot"]), max_size=3, unique=True).map(tuple)
groupings = st.lists(st.lists(label_sets, min_size=1, max_size=4), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(groupings, st.integers(0, 5))
def test_a_group_never_sits_in_two_splits_when_none_are_given(groups, seed):
    cases = assign_splits(make_cases(groups), seed=seed, task="site").cases
    assert all(len(splits) == 1 and None not in splits for splits in splits_by_group(cases).values())


@settings(max_examples=60, deadline=None)
@given(groupings, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(groups, seed, shuffler):
    cases = make_cases(groups)
    shuffled = list(cases)
    shuffler.shuffle(shuffled)
    first = assign_splits(cases, seed=seed, task="site").cases
    second = assign_splits(shuffled, seed=seed, task="site").cases
    assert {case.case_id: case.split for case in first} == {case.case_id: case.split for case in second}
    assert [case.case_id for case in second] == [case.case_id for case in shuffled]


@settings(max_examples=60, deadline=None)
@given(groupings, st.sampled_from([(0.7, 0.15, 0.15), (0.2, 0.4, 0.4), (0.5, 0.0, 0.5)]))
def test_every_label_appears_in_train(groups, fractions):
    cases = assign_splits(make_cases(groups), fractions=fractions, task="site").cases
    everywhere = {label for case in cases for label in case.labels.get("site", ())}
    assert everywhere == {label for case in cases if case.split == "train" for label in case.labels.get("site", ())}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_large_sets_come_near_the_fractions_in_all_and_for_each_label(seed):
    draw = random.Random(seed)
    groups = [
        [tuple(draw.sample(["arm", "back", "chin"], draw.choice([1, 1, 2])))] * draw.randint(1, 3) for _ in range(600)
    ]
    cases = assign_splits(make_cases(groups), seed=seed, fractions=(0.6, 0.1, 0.3), task="site").cases
    for label in ("arm", "back", "chin", None):
        held = [case for case in cases if label is None or label in case.labels["site"]]
        counts = Counter(case.split for case in held)
        for split, fraction in (("train", 0.6), ("valid", 0.1), ("test", 0.3)):
            assert counts[split] / len(held) == pytest.approx(fraction, abs=0.04)


def test_a_rare_label_is_spread_over_the_splits():
    groups = [[("common",)]] * 100 + [[("rare",)]] * 10
    cases = assign_splits(make_cases(groups), task="site").cases
    rare = Counter(case.split for case in cases if case.labels["site"] == ("rare",))
    assert rare["train"] == 7
    assert sorted([rare["valid"], rare["test"]]) == [1, 2]


def test_another_seed_draws_another_split():
    cases = make_cases([[("arm",)]] * 50)
    first, again, other = (assign_splits(cases, seed=seed, task="site").cases for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_given_splits_are_kept_and_reach_the_other_cases_of_their_group():
    cases = [
        Case(case_id="a1", group_id="a", split="test"),
        Case(case_id="a2", group_id="a"),
        Case(case_id="b1", group_id="b", split="valid"),
        *make_cases([[()]] * 20),
    ]
    assigned = assign_splits(cases)
    assert [case.split for case in assigned.cases[:3]] == ["test", "test", "valid"]
    assert assigned.problems == ()
    assert Counter(case.split for case in assigned.cases)["train"] == pytest.approx(0.7 * 23, abs=1)


def test_a_group_given_in_two_splits_is_kept_and_reported():
    cases = [
        Case(case_id="1", group_id="a", split="train"),
        Case(case_id="2", group_id="a", split="test"),
        Case(case_id="3", group_id="b", split="test"),
    ]
    assigned = assign_splits(cases)
    assert assigned.cases == tuple(cases)
    assert [problem.where for problem in assigned.problems] == ["group a"]
    assert "train and test" in assigned.problems[0].reason


def test_a_split_of_fraction_zero_stays_empty():
    cases = assign_splits(
        make_cases([[("arm",)] * 5, [("arm",)], [("arm",)]]), fractions=(0.5, 0, 0.5), task="site"
    ).cases
    assert {case.split for case in cases} == {"train", "test"}


@pytest.mark.parametrize(
    "fractions", [(0.5, 0.5), (0.7, 0.2, 0.2), (0, 0.5, 0.5), (1.2, -0.1, -0.1), (float("nan"), 0, 1)]
)
def test_fractions_that_are_no_shares_of_one_are_refused(fractions):
    with pytest.raises(SourceError, match="add up to 1"):
        assign_splits([], fractions=fractions)


def test_groups_that_share_pictures_are_joined_over_any_number_of_steps():
    groups = ["d", "c", "b", "a", "e", "f", "f"]
    contents = ["1", "1", "2", "2", "3", "", "3"]
    assert joined_groups(groups, contents) == ["c", "c", "a", "a", "e", "e", "e"]
    assert joined_groups(["c", "a", "b", "b"], ["1", "2", "1", "2"]) == ["a"] * 4


@settings(max_examples=60, deadline=None)
@given(groupings, st.integers(0, 5), st.data())
def test_neither_a_group_nor_a_picture_sits_in_two_splits_when_none_are_given(groups, seed, data):
    cases = make_cases(groups)
    pictures = st.sampled_from(["", *(str(n) for n in range(len(cases)))])
    contents = data.draw(st.lists(pictures, min_size=len(cases), max_size=len(cases)))
    assigned = assign_splits(cases, seed=seed, task="site", contents=contents).cases
    splits = splits_by_group(assigned)
    for case, content in zip(assigned, contents, strict=True):
        if content:
            splits[f"picture {content}"].add(case.split)
    assert all(len(found) == 1 and None not in found for found in splits.values())


def test_a_copy_without_a_split_goes_where_the_other_copy_was_given():
    cases = [Case(case_id="1", group_id="a", split="test"), Case(case_id="2", group_id="b")]
    assert [case.split for case in assign_splits(cases, contents=["x", "x"]).cases] == ["test", "test"]
