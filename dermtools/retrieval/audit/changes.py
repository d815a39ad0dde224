"""What can be done about a finding: each change says what it would do now, and does it so that it can be undone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from dermtools.cases.case import SPLITS
from dermtools.cases.columns import CaseColumns
from dermtools.cases.hashing import add_hashes
from dermtools.cases.splits import assign_splits, joined_groups
from dermtools.files import tighten
from dermtools.retrieval.attributes import Attributes
from dermtools.text import few

if TYPE_CHECKING:
    from dermtools.cases.edits import Edit
    from dermtools.cases.store import CaseStore

SHOWN = 3
OWNER_ONLY = 0o700


class Present:
    """The cases as they are now, which earlier changes may have made others."""

    def __init__(self, store: CaseStore) -> None:
        self.store = store
        self.columns: CaseColumns = store.columns()

    def there(self, case_ids: Iterable[str]) -> list[str]:
        """Those of these cases that there are."""
        return [case_id for case_id in case_ids if case_id in self.columns.row_of]

    @cached_property
    def units(self) -> list[str]:
        """Of each row, what must stay in one split: its group, with all groups that share a picture."""
        return joined_groups(self.columns.group_ids, self.columns.content_hashes)

    @cached_property
    def rows_of(self) -> dict[str, list[int]]:
        """Rows of each unit."""
        rows = defaultdict(list)
        for row, unit in enumerate(self.units):
            rows[unit].append(row)
        return rows


class Change(Protocol):
    """Something that can be done to a case base."""

    def offer(self, now: Present) -> str | None:
        """What it would do, in one line; None where there is nothing left to do."""

    def make(self, now: Present) -> Edit | None:
        """Do it; None where no version of the cases comes of it."""

    def __add__(self, other: Self) -> Self:
        """Both in one."""


@dataclass(frozen=True)
class Remove:
    """Put cases away, each for the sake of another that stays, or of none."""

    cases: tuple[tuple[str, str | None], ...]
    """Case id, and the id of the case that must be there, else it is not put away."""

    def _ids(self, now: Present) -> list[str]:
        return now.there(case_id for case_id, kept in self.cases if kept is None or now.there([kept]))

    def offer(self, now: Present) -> str | None:
        if not (ids := self._ids(now)):
            return None
        kept = list(dict.fromkeys(kept for _, kept in self.cases if kept))
        stays = f"; {few(kept, SHOWN)} stays" if len(kept) == 1 else f"; {len(kept)} others stay" if kept else ""
        return f"put away {_named(ids)}{stays}"

    def make(self, now: Present) -> Edit | None:
        from dermtools.retrieval.editing.removing import remove

        return remove(now.store, self._ids(now))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.cases + other.cases)


@dataclass(frozen=True)
class Move:
    """Bring sets of cases, with all of their groups and of those that share a picture, into one split each.

    The split is the one that has most of the set's cases; of equally many, the one nearest to train.
    """

    sets: tuple[tuple[str, ...], ...]

    def _said(self, now: Present) -> tuple[dict[str, str], list[str]]:
        """Group to its split, and one text a set that is torn."""
        columns = now.columns
        named = [
            (now.units[columns.row_of[case_id]], str(number))
            for number, cases in enumerate(self.sets)
            for case_id in now.there(cases)
        ]
        units = [unit for unit, _ in named]
        together = defaultdict(set)
        # Two sets that share a unit go to the same split.
        for unit, top in zip(units, joined_groups(units, [number for _, number in named]), strict=True):
            together[top].add(unit)
        said: dict[str, str] = {}
        texts = []
        for members in together.values():
            rows = [row for unit in sorted(members) for row in now.rows_of[unit]]
            counts = Counter(split for row in rows if (split := columns.splits[row]) is not None)
            if len(counts) < 2:
                continue
            target = max(SPLITS, key=lambda split: counts[split])  # the first of equals
            groups = list(dict.fromkeys(columns.group_ids[row] for row in rows))
            said |= dict.fromkeys(groups, target)
            held = ", ".join(f"{split} {counts[split]}" for split in SPLITS if counts[split])
            texts.append(f"move all of {few(groups, SHOWN)} to {target} (now {held})")
        return said, texts

    def offer(self, now: Present) -> str | None:
        _, texts = self._said(now)
        return f"{texts[0]}; {len(texts) - 1} more likewise" if len(texts) > 1 else next(iter(texts), None)

    def make(self, now: Present) -> Edit | None:
        from dermtools.retrieval.editing.splitting import split

        return split(now.store, self._said(now)[0])

    def __add__(self, other: Self) -> Self:
        return type(self)(self.sets + other.sets)


@dataclass(frozen=True)
class Relabel:
    """Give those of some cases these labels that have others, where all still have those that were found."""

    task: str
    labels: tuple[str, ...]
    found: tuple[tuple[str, tuple[str, ...]], ...]
    """Case id, and the labels that it had."""
    why: str = ""

    def offer(self, now: Present) -> str | None:
        column, row_of = now.columns.labels.get(self.task), now.columns.row_of
        if column is None or any(
            case_id not in row_of or column[row_of[case_id]] != had for case_id, had in self.found
        ):
            return None
        was = [f"{case_id} ({'|'.join(had) or 'unknown'})" for case_id, had in self.found if had != self.labels]
        if not was:
            return None
        return f"label {few(was, SHOWN)} {'|'.join(self.labels)} in {self.task}" + (f"; {self.why}" if self.why else "")

    def make(self, now: Present) -> Edit | None:
        from dermtools.retrieval.editing.relabel import relabel

        return relabel(now.store, {case_id: {self.task: self.labels} for case_id, _ in self.found})

    def __add__(self, other: Self) -> Self:
        if (self.task, self.labels) != (other.task, other.labels):
            raise ValueError("relabelling to two labels is two changes")
        return type(self)(self.task, self.labels, self.found + other.found)


@dataclass(frozen=True)
class Divide:
    """Give the cases that belong to no split one, as an ingest does; all others stay."""

    def offer(self, now: Present) -> str | None:
        count = now.columns.splits.count(None)
        return f"give {count} cases that have no split one, by group, as an ingest does" if count else None

    def make(self, now: Present) -> Edit | None:
        from dermtools.retrieval.editing.splitting import split

        columns = now.columns
        cases = columns.cases(range(len(columns)))
        task = next((task.name for task in now.store.manifest.tasks), None)
        made = assign_splits(cases, task=task, contents=columns.content_hashes)
        fresh = [new for old, new in zip(cases, made.cases, strict=True) if old.split is None]
        return split(now.store, {case.group_id: case.split for case in fresh if case.split is not None})

    def __add__(self, other: Self) -> Self:
        return self


@dataclass(frozen=True)
class Hide:
    """Show attributes to nobody."""

    attributes: tuple[str, ...]

    def offer(self, now: Present) -> str | None:
        shown = [name for name in self.attributes if name in Attributes(now.store).shown]
        return f"make private: {few(shown)}" if shown else None

    def make(self, now: Present) -> Edit | None:
        held = Attributes(now.store)
        held.hide(*(name for name in self.attributes if name in held.shown))
        return None

    def __add__(self, other: Self) -> Self:
        return type(self)(self.attributes + other.attributes)


@dataclass(frozen=True)
class Close:
    """Let nobody but its owner enter the case base."""

    path: Path

    def offer(self, now: Present) -> str | None:
        open_to_others = self.path.stat().st_mode & 0o077
        return f"close {self.path}, and all in it, to all but its owner" if open_to_others else None

    def make(self, now: Present) -> Edit | None:
        self.path.chmod(OWNER_ONLY)
        tighten(self.path, self.path)
        return None

    def __add__(self, other: Self) -> Self:
        return self


@dataclass(frozen=True)
class Hash:
    """Give each stored picture the perceptual hash that an earlier version stored it without."""

    def offer(self, now: Present) -> str | None:
        missing = len(now.columns.unhashed)
        return f"hash {missing} pictures, so that their edited copies are found" if missing else None

    def make(self, now: Present) -> Edit | None:
        add_hashes(now.store)
        return None

    def __add__(self, other: Self) -> Self:
        return self


def _named(ids: Sequence[str]) -> str:
    return few(ids, SHOWN) if len(ids) <= SHOWN else f"{len(ids)} cases ({few(ids, SHOWN)})"
