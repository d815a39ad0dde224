"""Train, valid and test: who goes where when a source does not say."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from dermtools.cases.case import SPLITS, Case, Problem, Split
from dermtools.errors import SourceError

DEFAULT_FRACTIONS = (0.7, 0.15, 0.15)

# Stands for "any case" beside the labels, which are never empty.
_ANY = ""


class SplitAssignment(NamedTuple):
    """Cases in the order in which they came, each with a split."""

    cases: tuple[Case, ...]
    """All of them."""
    problems: tuple[Problem, ...]
    """Groups that the source itself puts into more than one split."""


def assign_splits(
    cases: Sequence[Case],
    *,
    seed: int = 0,
    fractions: Sequence[float] = DEFAULT_FRACTIONS,
    task: str | None = None,
    contents: Sequence[str] = (),
) -> SplitAssignment:
    """Give a split to every case that has none; what is made here never puts a group or a picture into two splits.

    Groups that share a picture count as one group. Given splits are kept, and a group that has one keeps it for its
    other cases. The rest is placed by
    iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of multi-label
    data"), applied to groups and counted in cases: the rarest label first, each group to the split that
    still lacks most of that label. A label then missing from train gets its smallest group moved there.
    The result depends on the set of cases and the seed, not on the order of the cases.

    Args:
        cases: the cases, some or all without a split.
        seed: decides among groups that are equally good.
        fractions: share of cases in train, valid and test; they add up to 1, train above 0.
        task: whose labels are balanced; None balances numbers of cases only.
        contents: content hash of each case's picture, "" where unknown; none where copies are not looked for.

    Raises:
        SourceError: the fractions are not three shares of one.
    """
    check_fractions(fractions)
    units = joined_groups([case.group_id for case in cases], contents or [""] * len(cases))
    given: dict[str, Counter[Split]] = defaultdict(Counter)
    votes: dict[str, Counter[Split]] = defaultdict(Counter)
    for case, unit in zip(cases, units, strict=True):
        if case.split:
            given[case.group_id][case.split] += 1
            votes[unit][case.split] += 1
    # Most cases decide, then the order of SPLITS: only contradicting splits leave a choice.
    chosen = {unit: max(SPLITS, key=lambda split: counts[split]) for unit, counts in votes.items()}
    if any(unit not in chosen for unit in units):
        chosen |= _place_groups(cases, units, chosen, seed=seed, fractions=fractions, task=task)
    problems = (
        Problem(f"group {group}", f"has cases in {' and '.join(s for s in SPLITS if counts[s])}; {leak('group')}")
        for group, counts in given.items()
        if len(counts) > 1
    )
    completed = (
        case if case.split else case.model_copy(update={"split": chosen[unit]})
        for case, unit in zip(cases, units, strict=True)
    )
    return SplitAssignment(tuple(completed), tuple(problems))


def leak(kind: str) -> str:
    """What is wrong with a group or a picture in two splits."""
    return f"kept as given, but a comparison between these splits meets the same {kind} on both sides"


def joined_groups(group_ids: Sequence[str], contents: Sequence[str]) -> list[str]:
    """For each case the first, by name, of the groups that share pictures with its own, directly or through others.

    `contents` are content hashes, one a case; "" is shared with nobody.
    """
    above: dict[tuple[str, str], tuple[str, str]] = {}

    def top(key: tuple[str, str]) -> tuple[str, str]:
        while (higher := above.setdefault(key, key)) != key:
            above[key] = above[higher]
            key = higher
        return key

    for group, content in zip(group_ids, contents, strict=True):
        if content:
            first, second = sorted([top(("group", group)), top(("picture", content))])
            above[second] = first
    return [top(("group", group))[1] for group in group_ids]


def check_fractions(fractions: Sequence[float]) -> None:
    """Refuse anything but three shares of one, train above 0, with a SourceError."""
    if (
        len(fractions) != len(SPLITS)
        or not all(0 <= fraction <= 1 for fraction in fractions)
        or fractions[0] == 0
        or not math.isclose(sum(fractions), 1, abs_tol=1e-6)
    ):
        remedy = f"give three shares for {', '.join(SPLITS)} that add up to 1, train above 0"
        raise SourceError(f"split fractions {tuple(fractions)}: {remedy}")


def _place_groups(
    cases: Sequence[Case],
    units: Sequence[str],
    chosen: dict[str, Split],
    *,
    seed: int,
    fractions: Sequence[float],
    task: str | None,
) -> dict[str, Split]:
    """Split of every group that is not in `chosen`; `units` are the groups of the cases, joined where they must be."""
    splits = [split for split, fraction in zip(SPLITS, fractions, strict=True) if fraction > 0]
    free: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    present: dict[Split, Counter[str]] = {split: Counter() for split in SPLITS}
    for case, unit in zip(cases, units, strict=True):
        counted = Counter({_ANY, *(case.labels.get(task, ()) if task is not None else ())})
        totals += counted
        split = case.split or chosen.get(unit)
        (free[unit] if split is None else present[split]).update(counted)
    share = dict(zip(SPLITS, fractions, strict=True))

    def lack(label: str, split: Split) -> float:
        return share[split] * totals[label] - present[split][label]

    # Large groups first: small ones can still even out what they leave.
    order = sorted(free, key=lambda group: (-free[group][_ANY], _draw(seed, group)))
    holders: dict[str, list[str]] = defaultdict(list)
    for group in order:
        for label in free[group]:
            holders[label].append(group)
    placed: dict[str, Split] = {}
    waiting = Counter({label: len(groups) for label, groups in holders.items()})
    # The boolean puts "any case" behind every label: only groups without a label are left for it.
    queue = [(label == _ANY, waiting[label], label) for label in holders]
    heapq.heapify(queue)
    while queue:
        _, count, rarest = heapq.heappop(queue)
        if count != waiting[rarest]:
            continue  # an entry that a later one has replaced
        for group in holders[rarest]:
            if group in placed:
                continue
            placed[group] = target = max(splits, key=lambda split: (lack(rarest, split), lack(_ANY, split)))
            present[target].update(free[group])
            for label in free[group]:
                waiting[label] -= 1
                if waiting[label]:
                    heapq.heappush(queue, (label == _ANY, waiting[label], label))
    for label in sorted(holders):
        if not present["train"][label]:
            group = holders[label][-1]
            present[placed[group]].subtract(free[group])
            present["train"].update(free[group])
            placed[group] = "train"
    return placed


def _draw(seed: int, group: str) -> bytes:
    """A number drawn for a group: the same wherever and in whatever order it is drawn."""
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()
