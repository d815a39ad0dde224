from __future__ import annotations

from types import SimpleNamespace

import pytest

from dermtools.errors import PromptError
from dermtools.prediction import Query
from dermtools.prompting.exemplars.permuted import PermutedSelector


def _selector(k):
    shown = list(range(k))
    return SimpleNamespace(
        k=k,
        needs_vector=True,
        settings={"k": k},
        select=lambda query: shown[:k],
        select_examples=lambda given: shown[:2],
    )


def test_every_number_is_another_order_of_the_same_examples():
    orders = [tuple(PermutedSelector(_selector(3), number).select(Query(name="q"))) for number in range(1, 6)]
    assert len({(0, 1, 2), *orders}) == 6
    assert orders[0] == (2, 1, 0)
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 2)}


def test_fewer_examples_than_k_are_all_shown():
    assert sorted(PermutedSelector(_selector(5), 2).select_examples({})) == [0, 1]


def test_the_order_is_told_and_repeats_itself():
    one, other = (PermutedSelector(_selector(4), 3) for _ in range(2))
    assert one.settings == other.settings
    assert sorted(one.settings["permutation"]) == [0, 1, 2, 3]


@pytest.mark.parametrize(("k", "number"), [(1, 1), (2, 2), (3, 6), (3, 0)])
def test_more_orders_than_there_are_are_refused(k, number):
    with pytest.raises(PromptError, match=f"{k} examples have no order number {number}"):
        PermutedSelector(_selector(k), number)
