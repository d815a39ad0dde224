from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dermtools.evaluation.running.sampling import drawn
from dermtools.evaluation.scoring import Target

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=12)


def _targets(sizes):
    return [
        Target(f"case-{group}-{n}", f"group-{group}", ("back",))
        for group, size in enumerate(sizes)
        for n in range(size)
    ]


@given(sizes=SIZES, seed=st.integers(0, 2**32), limits=st.tuples(st.integers(1, 120), st.integers(1, 120)))
def test_a_smaller_sample_is_part_of_a_larger_one_of_the_same_seed(sizes, seed, limits):
    found = _targets(sizes)
    small, large = (drawn(found, limit, seed) for limit in sorted(limits))
    assert len(small) == min(min(limits), len(found))
    assert set(small) <= set(large)
    assert list(small) == [target for target in found if target in small]


@given(sizes=SIZES, seed=st.integers(0, 2**32), limit=st.integers(1, 120))
def test_no_group_gives_more_than_its_share_rounded_up_while_another_is_below_its_own(sizes, seed, limit):
    found = _targets(sizes)
    taken = Counter(target.group_id for target in drawn(found, limit, seed))
    shares = [(taken[f"group-{group}"], size) for group, size in enumerate(sizes)]
    most, least = max((count - 1) / size for count, size in shares), min((count + 1) / size for count, size in shares)
    assert most < least


def test_another_seed_is_another_sample_and_every_case_is_as_likely():
    found = _targets([1, 2, 7])
    counts = Counter(target.case_id for seed in range(4000) for target in drawn(found, 4, seed))
    assert max(abs(counts[target.case_id] / 4000 - 0.4) for target in found) < 0.05


def test_what_a_group_gives_does_not_depend_on_the_order_of_cases():
    found = _targets([3, 4, 2])
    assert set(drawn(found[::-1], 5, 7)) == set(drawn(found, 5, 7))
