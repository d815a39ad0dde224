"""Which of the nearest cases to keep, where the nearest alone would be too much alike.

A pair is a row with its distance to the query. Fewer pairs than requested come back only where no more exist.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pair = tuple[int, float]


def per_group(pairs: Iterable[Pair], group_ids: Sequence[str], limit: int | None) -> Iterator[Pair]:
    """Pairs with at most `limit` of one group; None: all."""
    seen: Counter[str] = Counter()
    for row, distance in pairs:
        group = group_ids[row]
        if limit is None or seen[group] < limit:
            seen[group] += 1
            yield row, distance


def maximal_marginal_relevance(
    pairs: Sequence[Pair], vectors: NDArray[np.float32], k: int, relevance: float
) -> list[Pair]:
    """Choose k pairs that are near the query and far from each other, in the order of choice.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) with the negative Euclidean distance as
    similarity: each step takes the pair with the largest
    `(1 - relevance) * distance to the nearest chosen - relevance * distance to the query`.
    Both terms grow with the scale of the embedding, so one `relevance`, 0 to 1 (the nearest), serves every embedder.
    `pairs` are the candidates, nearest first; `vectors` those of all cases, float32, shape (n, d).
    """
    places = vectors[[row for row, _ in pairs]].astype(np.float64)
    to_query = np.array([distance for _, distance in pairs])
    to_chosen = np.full(len(pairs), np.inf)
    left = np.ones(len(pairs), dtype=np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(k, len(pairs)):
        score = -relevance * to_query
        if chosen:
            score += (1 - relevance) * to_chosen
        best = int(np.argmax(np.where(left, score, -np.inf)))
        chosen.append(best)
        left[best] = False
        to_chosen = np.minimum(to_chosen, np.sqrt(np.square(places - places[best]).sum(axis=1)))
    return [pairs[position] for position in chosen]


def label_balanced(
    by_label: Mapping[str, Iterable[Pair]], group_ids: Sequence[str], k: int, limit: int | None
) -> list[Pair]:
    """Choose k pairs in turns: each label gives its nearest case, then each its next nearest.

    The label whose first case is nearest has the first turn. So with k below the number of labels, the k
    labels nearest to the query give one case each. A case with several labels is chosen once, in the first
    turn that comes to it. `limit` as in `per_group`; the pairs of a label are read twice from the start.
    """
    firsts = {label: next(iter(pairs), None) for label, pairs in by_label.items()}
    turns = sorted((first[1], label) for label, first in firsts.items() if first is not None)
    queue = deque(iter(by_label[label]) for _, label in turns)
    chosen: dict[int, float] = {}
    taken: Counter[str] = Counter()
    while queue and len(chosen) < k:
        stream = queue.popleft()
        for row, distance in stream:
            group = group_ids[row]
            if row not in chosen and (limit is None or taken[group] < limit):
                chosen[row] = distance
                taken[group] += 1
                queue.append(stream)
                break
    return list(chosen.items())
