"""Which cases a limited run asks about: nested samples, so that what a small run paid for is part of a larger one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from dermtools.evaluation.scoring import Target
from dermtools.numbers import whole_number

NESTED = "nested"
"""The draw of every new run."""


def drawn(found: Sequence[Target], limit: int | None, seed: int) -> tuple[Target, ...]:
    """So many of the targets, in their order; of one seed, a smaller sample is part of every larger one.

    Each case has a place in [0, 1), and those with the lowest are taken. The cases of a group stand at even distances,
    from a start that a hash of seed and group gives. So every case is as likely as any other, while a sample is spread
    over as many groups as it can be, which is what intervals and tests count: systematic sampling within groups, by
    permanent random numbers (Ohlsson 1995). What a group gives does not depend on which other groups there are.

    Raises:
        QueryError: the limit is no whole number of at least 1.
    """
    if limit is None or whole_number(limit, "limit") >= len(found):
        return tuple(found)
    groups: defaultdict[str, list[Target]] = defaultdict(list)
    for target in found:
        groups[target.group_id].append(target)
    places: dict[str, tuple[float, str]] = {}
    for group_id, members in groups.items():
        start = _hashed(seed, "group", group_id)
        members.sort(key=lambda one: _hashed(seed, "case", one.case_id))
        for number, one in enumerate(members):
            places[one.case_id] = ((start + number / len(members)) % 1, one.case_id)
    taken = set(sorted(places, key=places.__getitem__)[: int(limit)])
    return tuple(target for target in found if target.case_id in taken)


def _hashed(*words: object) -> float:
    """A number in [0, 1) that these words always give."""
    digest = hashlib.sha256("\0".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56
