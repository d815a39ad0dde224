"""Cases from a folder of pictures: one folder a class, below split folders or not."""

from __future__ import annotations

import re
from pathlib import Path

from dermtools.cases.case import Case, Problem, SourceCase, SourceData
from dermtools.cases.groups import given_group, own_group
from dermtools.cases.sources.assembly import SPLIT_NAMES, make_task, split_named
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_picture, visible_files
from dermtools.errors import SourceError
from dermtools.text import few

_LAYOUT = "put pictures in one folder a class: LABEL/*.jpg, or train/LABEL/*.jpg, valid/LABEL/*.jpg, test/LABEL/*.jpg"
_SHOWN = 5
_NOT_TEXT = re.compile("[\ud800-\udfff]")
"""Bytes of a file name that are not UTF-8, as Python gives them: they can be neither stored nor shown."""


def load_folder(root: Path, options: SourceOptions) -> SourceData:
    """Read `root/LABEL/...` or `root/{train,valid,test}/LABEL/...`, at any depth below LABEL.

    The path below `root` is the case id. The task is called `label`, or as the option `tasks` says. Each
    picture is its own group, unless the option `group_pattern` finds one in its file name.

    Raises:
        SourceError: no folder, split folders beside others, or no picture in a class folder.
    """
    options.refuse_others("folder", "tasks", "split_seed", "split_fractions", "questions", "group_pattern")
    if len(options.tasks) > 1:
        raise SourceError(f"a folder has one task, its class folders; {len(options.tasks)} were named")
    task_name = options.tasks[0] if options.tasks else "label"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", task_name):
        raise SourceError(f"task name {task_name!r}: use a Latin letter, then letters, digits or _")
    files = [path.relative_to(root) for path in visible_files(root)]
    pictures = [path for path in files if is_picture(path.name)]
    tops = {path.parts[0] for path in pictures if len(path.parts) > 1}
    split_folders = {top for top in tops if split_named(top)}
    if split_folders and split_folders != tops:
        found = f"({', '.join(sorted(split_folders))}) beside others ({', '.join(sorted(tops - split_folders))})"
        raise SourceError(f"{root}: split folders {found}; use either; splits are called {', '.join(SPLIT_NAMES)}")
    depth = 1 if split_folders else 0
    pattern = re.compile(options.group_pattern) if options.group_pattern is not None else None
    cases, problems, ungrouped = [], [], 0
    for path in pictures:
        case_id = path.as_posix()
        if _NOT_TEXT.search(case_id):
            problems.append(Problem(ascii(case_id), "its name is not UTF-8; rename it"))
            continue
        if len(path.parts) < depth + 2:
            problems.append(Problem(case_id, f"lies in no class folder; {_LAYOUT}"))
            continue
        match = pattern.search(path.name) if pattern else None
        group = given_group(match[1]) if match and match[1] else own_group(case_id)
        ungrouped += not (match and match[1])
        split, label = split_named(path.parts[0]) if depth else None, path.parts[depth]
        case = Case(case_id=case_id, group_id=group, split=split, labels={task_name: (label,)})
        cases.append(SourceCase(case, root / path))
    if not pictures:
        raise SourceError(f"{root}: no picture below this folder; {_LAYOUT}")
    notes: list[str] = []
    told: tuple[str, ...] = ()
    if pattern is None:
        notes.append(
            "each picture is its own group, so one patient may sit in two splits; a group pattern tells groups"
        )
    elif ungrouped:
        notes.append(f"{ungrouped} pictures do not match the group pattern and are each their own group")
    names = (path.as_posix() for path in files if not is_picture(path.name))
    if others := [ascii(name) if _NOT_TEXT.search(name) else name for name in names]:
        told = (f"files that are not pictures are left out ({len(others)}): {few(others, _SHOWN)}",)
    task = make_task(task_name, (label for item in cases for label in item.case.labels[task_name]))
    return SourceData(root.resolve().name, (task,), tuple(cases), tuple(problems), tuple(notes), told=told)
