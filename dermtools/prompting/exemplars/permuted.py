"""The same examples in another order: what a model makes of the order alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import Any, TypeVar

import numpy as np

from dermtools.errors import PromptError
from dermtools.prediction import Query
from dermtools.prompting.exemplars.selectors import ExemplarSelector
from dermtools.prompting.exemplars.shots import Shot

T = TypeVar("T")


class PermutedSelector(ExemplarSelector):
    """Chooses what another selector chooses, and shows it in another order, the same for every query.

    Args:
        selector: what chooses.
        number: from 1; each number is another order, and none is the selector's own.

    Raises:
        PromptError: so few examples have not so many orders.
    """

    def __init__(self, selector: ExemplarSelector, number: int) -> None:
        self._selector, self._number = selector, number
        self.k, self.needs_vector = selector.k, selector.needs_vector
        self._places = _permutation(selector.k, number)

    @property
    def settings(self) -> dict[str, Any]:
        return {**self._selector.settings, "permutation": list(self._places)}

    def select(self, query: Query) -> list[Shot]:
        return self._permuted(self._selector.select(query))

    def select_examples(self, input_variables: dict[str, Any]) -> list[dict[str, str]]:
        return self._permuted(self._selector.select_examples(input_variables))

    def _permuted(self, chosen: Sequence[T]) -> list[T]:
        return [chosen[place] for place in self._places if place < len(chosen)]


def _permutation(k: int, number: int) -> tuple[int, ...]:
    """The number-th order of k things that is not their own; the reverse order first."""
    if number < 1 or number >= factorial(k):
        raise PromptError(f"{k} examples have no order number {number} besides their own")
    random = np.random.default_rng(k)
    found = dict.fromkeys([tuple(range(k)), tuple(range(k))[::-1]])
    while len(found) <= number:
        found[tuple(int(place) for place in random.permutation(k))] = None
    return list(found)[number]
