"""The last step of every source: tasks with their questions, splits, and the checks that all share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from dermtools.cases.attributes import choose
from dermtools.cases.case import SPLITS, Case, SourceData, Split, Task
from dermtools.cases.copies import joined_contents, small_pictures, with_contents
from dermtools.cases.sources.label_file import read_label_map
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.vectors import Vectors
from dermtools.cases.splits import assign_splits
from dermtools.errors import SourceError
from dermtools.images.picture_hash import hash_rows
from dermtools.progress import Progress

_SPLIT_NAMES: dict[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "dev", "validierung"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SPLIT_NAMES = tuple(_SPLIT_NAMES)

SPLITS_MADE = "splits made for"
"""How the note on made splits begins."""
COPIES = (
    "pairs of pictures that are one photograph, edited (mirrored, cut, recoloured, captioned): {}; kept in one split"
)

_QUESTIONS = {
    **dict.fromkeys(("location", "anatomic_location", "anatomic_locations"), "Which body site does the picture show?"),
    "diagnosis": "Which diagnosis fits the picture best?",
    "infection": "Is the wound infected?",
}


def split_named(name: str) -> Split | None:
    """The split that a word stands for, in any case; None where it stands for none."""
    return _SPLIT_NAMES.get(name.strip().lower())


def given_split(name: str) -> Split | None:
    """The split that a source names; None where it names none. Raises a ValueError for an unknown word."""
    split = split_named(name)
    if name and split is None:
        raise ValueError(f"split {name!r} is unknown; use one of {', '.join(SPLIT_NAMES)}")
    return split


def split_counts(cases: Iterable[Case]) -> str:
    """Cases of each split, in words."""
    counts = Counter(case.split for case in cases)
    return ", ".join(f"{split} {counts[split]}" for split in SPLITS)


def make_task(name: str, labels: Iterable[str]) -> Task:
    """A task with its labels sorted and the default question for its name."""
    question = _QUESTIONS.get(name, f"Which {name.replace('_', ' ')} fits the picture best?")
    return Task(name=name, question=question, labels=tuple(sorted(set(labels))))


def assemble(
    data: SourceData, where: Path | str, options: SourceOptions, progress: Progress | None = None
) -> SourceData:
    """The user's labels and questions, a split for every case; SourceError for no case or a question for no task."""
    if not data.cases:
        first = f"; the first reason: {data.problems[0].where}: {data.problems[0].reason}" if data.problems else ""
        raise SourceError(f"{where}: no case can be read{first}")
    if options.map_labels is not None:
        data = read_label_map(options.map_labels).apply(data)
    data = choose(data, options.attributes)
    if options.vectors is not None and all(item.vector is None for item in data.cases):
        given = options.vectors
        vectors = given if isinstance(given, Vectors) else Vectors.of_file(Path(given).expanduser())
        data = vectors.of_cases(data)
    names = [task.name for task in data.tasks]
    if unknown := [task for task in options.questions if task not in names]:
        raise SourceError(
            f"{where}: a question is given for task {unknown[0]!r}; the tasks are {', '.join(names) or 'none'}"
        )
    balanced = names[0] if names else None
    if any(item.case.split is None for item in data.cases):
        data = with_contents(data, progress)
    contents, copies = [item.content_hash for item in data.cases], 0
    if any(contents):
        hashes = hash_rows(item.picture_hash for item in data.cases)
        contents, copies = joined_contents(contents, hashes, partial(small_pictures, data.cases))
    assignment = assign_splits(
        [item.case for item in data.cases],
        seed=options.split_seed,
        fractions=options.split_fractions,
        task=balanced,
        contents=contents,
    )
    notes = data.notes
    if missing := sum(item.case.split is None for item in data.cases):
        made = f"{SPLITS_MADE} {missing} of {len(data.cases)} cases: by group and picture"
        balance = f"stratified by {balanced}, " if balanced else ""
        notes = (*notes, f"{made}, {balance}seed {options.split_seed}; now {split_counts(assignment.cases)}")
        if copies:
            notes = (*notes, COPIES.format(copies))
    return replace(
        data,
        tasks=tuple(
            task.model_copy(update={"question": options.questions.get(task.name, task.question)}) for task in data.tasks
        ),
        cases=tuple(
            replace(item, case=case, split_made=item.case.split is None)
            for item, case in zip(data.cases, assignment.cases, strict=True)
        ),
        problems=(*data.problems, *assignment.problems),
        notes=notes,
    )
