"""What a case base holds already stays: other tasks' labels, and the splits that were made for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from dermtools.cases.attributes import kept_attributes
from dermtools.cases.case import SPLITS, Case, Problem, SourceData, Split, Task
from dermtools.cases.column_values import Labels
from dermtools.cases.columns import CaseColumns
from dermtools.cases.copies import joined_contents, small_pictures
from dermtools.cases.groups import nearly_alike
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.labels import doubts
from dermtools.cases.sources.assembly import SPLITS_MADE, split_counts
from dermtools.cases.sources.cells import text
from dermtools.cases.sources.roles import column_of_task
from dermtools.cases.splits import joined_groups, leak
from dermtools.errors import CaseBaseError, SourceError
from dermtools.images.copies import small_picture
from dermtools.images.limits import STORED
from dermtools.images.picture_hash import hash_rows
from dermtools.text import few

Jpegs = Callable[[Sequence[str]], dict[str, bytes]]
Votes = defaultdict[str, Counter[str | None]]
"""Group to its cases in each split."""


def with_other_tasks(data: SourceData, stored: CaseColumns) -> SourceData:
    """The cases with the labels that the case base has for tasks that the source does not name.

    A column named after such a task is no attribute; where it says something else than the labels, a problem tells.
    """
    named = {task.name for task in data.tasks}
    others = [task for task in stored.labels if task not in named]
    names = dict.fromkeys(name for item in data.cases for name in item.case.attributes)
    columns = {column: task for task in others if (column := column_of_task(task, names))}
    unlike: Counter[str] = Counter()

    def completed(case: Case) -> Case:
        row = stored.row_of.get(case.case_id)
        labels = {task: stored.labels[task][row] for task in others if row is not None and stored.labels[task][row]}
        for name in case.attributes.keys() & columns:
            unlike[columns[name]] += not _says(case.attributes[name], labels.get(columns[name], ()))
        attributes = {name: value for name, value in case.attributes.items() if name not in columns}
        return case.model_copy(update={"labels": labels | case.labels, "attributes": attributes})

    if not others:
        return data
    cases = tuple(replace(item, case=completed(item.case)) for item in data.cases)
    problems = (
        Problem(
            f"task {task}",
            f"its labels stay as they are, since only {few(sorted(named)) or 'no task'} was named; "
            f"the column says something else for {count} cases: add --task {task} to take it",
        )
        for task, count in unlike.items()
        if count
    )
    return replace(data, cases=cases, problems=(*data.problems, *problems))


def _says(cell: object, labels: Collection[str]) -> bool:
    """Whether an attribute names exactly these labels, whatever separates them and whatever their case."""
    rest = text(cell).casefold()
    for label in sorted(labels, key=len, reverse=True):
        if label.casefold() not in rest:
            return False
        rest = rest.replace(label.casefold(), "", 1)
    return not any(map(str.isalnum, rest))


def with_kept_attributes(data: SourceData, stored: CaseColumns) -> SourceData:
    """The cases with the attributes that were chosen, beside others that the case base has of them."""
    if data.kept is None:
        return data

    def completed(case: Case) -> Case:
        row = stored.row_of.get(case.case_id)
        before = {} if row is None else stored.case(row).attributes
        return case.model_copy(update={"attributes": kept_attributes(case, data.kept, before)})

    return replace(data, cases=tuple(replace(item, case=completed(item.case)) for item in data.cases))


def with_stored_splits(data: SourceData, stored: CaseColumns, jpegs: Jpegs) -> SourceData:
    """The cases with their made splits as the case base needs them; given ones are kept. `jpegs` gives stored pictures.

    A case keeps the split that it has there, and a new one goes where its group, or a copy of its picture, is. Where
    these disagree, given splits and cases that are not in the source decide, then most cases.
    """
    if not len(stored) or not any(item.split_made for item in data.cases):
        return data
    came = {item.case.case_id for item in data.cases}
    rest = [row for row, case_id in enumerate(stored.case_ids) if case_id not in came]
    came_with = len(data.cases)

    def pictures(places: Sequence[int]) -> list[Image.Image | None]:
        ids = {place: stored.case_ids[rest[place - came_with]] for place in places if place >= came_with}
        held = {case_id: small_picture(jpeg, STORED) for case_id, jpeg in jpegs(list(ids.values())).items() if jpeg}
        read = small_pictures(data.cases, [place for place in places if place < came_with])
        new = iter(read)
        return [held.get(ids[place]) if place >= came_with else next(new) for place in places]

    contents, _ = joined_contents(
        [*(item.content_hash for item in data.cases), *(stored.content_hashes[row] for row in rest)],
        np.concatenate([hash_rows(item.picture_hash for item in data.cases), stored.picture_hashes[rest]]),
        pictures,
        came_with,
    )
    units = joined_groups(
        [*(item.case.group_id for item in data.cases), *(stored.group_ids[row] for row in rest)], contents
    )
    # From the strongest to the weakest: what cannot move, where a case was, where it was put when it was read.
    votes: tuple[Votes, Votes, Votes] = (defaultdict(Counter), defaultdict(Counter), defaultdict(Counter))
    fixed, before, now = votes
    for item, unit in zip(data.cases, units, strict=False):
        row = stored.row_of.get(item.case.case_id)
        (now if item.split_made else fixed)[unit][item.case.split] += 1
        if row is not None and item.split_made:
            before[unit][stored.splits[row]] += 1
    for row, unit in zip(rest, units[len(data.cases) :], strict=True):
        fixed[unit][stored.splits[row]] += 1
    cases = tuple(
        replace(item, case=item.case.model_copy(update={"split": _most(votes, unit)})) if item.split_made else item
        for item, unit in zip(data.cases, units, strict=False)
    )
    there = {*before, *units[len(data.cases) :]}
    kept = sum(item.split_made and unit in there for item, unit in zip(data.cases, units, strict=False))
    made = f"{SPLITS_MADE} {sum(item.split_made for item in cases)} of {len(cases)} cases"
    how = f"{kept} of them as their case, group or picture was stored before"
    note = f"{made}: {how}; now {split_counts(item.case for item in cases)}"
    others = tuple(note for note in data.notes if not note.startswith(SPLITS_MADE))
    return replace(data, cases=cases, notes=(*others, note) if kept else data.notes)


def _most(votes: tuple[Votes, ...], unit: str) -> Split:
    """The split with most votes of the strongest kind that there are; the earlier of SPLITS where two have as many."""
    counts = next(
        found for found in (kind.get(unit, Counter()) for kind in votes) if any(found[split] for split in SPLITS)
    )
    return max(SPLITS, key=lambda split: counts[split])


def torn(columns: CaseColumns, came: Collection[str]) -> Iterator[Problem]:
    """Groups and pictures in two splits, of which at least one case came with this source."""
    for kind, values in (("group", columns.group_ids), ("picture", columns.content_hashes)):
        if len(set(zip(values, columns.splits, strict=True))) == len(set(values)):
            continue
        splits: dict[str, dict[str, str]] = defaultdict(dict)
        for case_id, value, split in zip(columns.case_ids, values, columns.splits, strict=True):
            if split is not None:
                splits[value].setdefault(split, case_id)
        affected = dict.fromkeys(values[columns.row_of[case_id]] for case_id in came if case_id in columns.row_of)
        for value in affected:
            found = splits[value]
            if len(found) > 1:
                where = f"group {value}" if kind == "group" else " = ".join(found.values())
                what = "has cases" if kind == "group" else "the same picture"
                yield Problem(where, f"{what} in {' and '.join(filter(found.get, SPLITS))}; {leak(kind)}")


def doubtful(columns: CaseColumns, came: Collection[str], tasks: Iterable[str]) -> Iterator[Problem]:
    """What looks wrong in a case base: groups and pictures in two splits, groups and labels in two spellings."""
    yield from torn(columns, came)
    if alike := nearly_alike(columns.group_ids):
        shown = few([" = ".join(map(repr, ids)) for ids in alike], 3, "; ")
        what = f"ids that differ only in case, white space or leading zeros: {shown}"
        yield Problem("groups", f"{what}; kept apart, so give one patient one id if they are one")
    for task in tasks:
        counts = Counter(label for found in columns.labels[task] for label in found)
        yield from (Problem(f"task {task}", doubt.message) for doubt in doubts(counts))


def joined_tasks(tasks: Iterable[Task], new: Iterable[Task]) -> list[Task]:
    """The tasks with the labels of new ones, and those that are new."""
    joined = {task.name: task for task in tasks}
    for task in new:
        existing = joined.get(task.name, task)
        joined[task.name] = existing.model_copy(update={"labels": tuple(sorted({*existing.labels, *task.labels}))})
    return list(joined.values())


def without_unused(
    tasks: Iterable[Task], declared: Mapping[str, Collection[str]], before: CaseColumns, after: CaseColumns
) -> list[Task]:
    """The tasks without labels that cases had before and none has after, unless a source declares them."""
    kept_tasks = []
    for task in tasks:
        kept = _used(after.labels[task.name]) | set(declared.get(task.name, ()))
        gone = _used(before.labels.get(task.name)) - kept
        labels = tuple(label for label in task.labels if label not in gone)
        if labels or not gone:
            kept_tasks.append(task.model_copy(update={"labels": labels}))
    return kept_tasks


def _used(column: Labels | None) -> set[str]:
    return set() if column is None else set(column.names)


def with_fitting_vectors(data: SourceData, identity: EmbedderIdentity) -> SourceData:
    """The cases without the vectors that another embedder made; their pictures are embedded instead.

    Raises:
        CaseBaseError: a case has such a vector and no picture.
        SourceError: no vector is as long as the embedder's, so that it cannot have made them.
    """
    lengths = {len(item.vector) for item in data.cases if item.vector is not None}
    if data.identity is None and lengths and identity.dimension not in lengths:
        held = few([str(length) for length in sorted(lengths)], separator=" or ")
        remedy = "give the vectors of that embedder, or make a case base under the name of theirs (--identity)"
        raise SourceError(f"the vectors of {data.name} hold {held} numbers, those of {identity} others; {remedy}")
    if data.identity is None or data.identity == identity:
        return data
    made = f"the vectors of {data.name} were made by {data.identity}, and this case base has {identity}"
    if any(item.vector is not None and item.image is None for item in data.cases):
        remedy = "read them into a case base of that embedder (--embedder), or export with --pictures"
        raise CaseBaseError(f"{made}; {remedy}")
    cases = tuple(replace(item, vector=None) for item in data.cases)
    return replace(data, cases=cases, told=(*data.told, f"{made}: the pictures are embedded anew"))
