"""`get_case` and `describe_case_base`: what is known of one case, and of all of them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.cases.case import SPLITS
from dermtools.errors import EmbeddingError, QueryError
from dermtools.text import few, one_line
from dermtools.tools.arguments import ALL_TASKS
from dermtools.tools.glosses import glosses, in_words, with_gloss
from dermtools.tools.results import Data, FoundCase, Result, ToolResult, quoted, shown
from dermtools.vocabularies import is_dark, is_fitzpatrick

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.audit.report import Counts
    from dermtools.tools.arguments import CaseArguments, DescribeArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace

SHOWN_LABELS = 60
"""Labels of a task in a text for a model, where no task was asked for."""
FEW = 0.1
"""Share of dark-skin cases below which their number is called a gap."""


class CaseResult(Result):
    """Data of `get_case`."""

    case: FoundCase


class TaskDescription(Data):
    """A task as `describe_case_base` gives it."""

    name: str
    question: str
    labels: dict[str, int] = Field(description="label to cases, most first; the closed set")
    glosses: dict[str, str] = Field(description="label to what it means, where that is known")
    classifiers: list[str] = Field(description="kinds of classifiers that are trained for it")


class DescribeResult(Result):
    """Data of `describe_case_base`."""

    name: str
    cases: int
    groups: int
    splits: dict[str, dict[str, int]]
    tasks: list[TaskDescription]
    attributes: list[str] = Field(description="shown ones: what a `where` condition may name besides the tasks")
    embedder: dict[str, Any] = Field(description="name, revision, preprocessing, dimension, normalised or not")
    reads_text: bool | None = Field(description="whether words can be searched for; none where that is not known")
    sources: list[dict[str, Any]]
    methods: list[str] = Field(description="what classify_with_adapter takes as `kind`, K being a number")
    folders: list[str] = Field(description="granted ones by name, which list_pictures looks into")
    gaps: list[str] = Field(description="what the case base covers badly")


def get_case(workspace: Workspace, arguments: CaseArguments, context: DermContext) -> ToolResult:
    """Labels, attributes and, on request, the picture of a case.

    Raises:
        QueryError: there is no such case, or this run may not see it.
    """
    case_base = workspace.case_base
    case = FoundCase.of(workspace.case(arguments.case_id, context), case_base.tasks, shown=case_base.attributes.shown)
    result = CaseResult(case=case, case_ids=[case.case_id], pictures=[case.handle] if arguments.show_picture else [])
    words = in_words(workspace.library, case_base.tasks, (label for given in case.labels.values() for label in given))
    return ToolResult(f"One case:\n{quoted([case.line(), *words])}", result)


def describe_case_base(workspace: Workspace, arguments: DescribeArguments, context: DermContext) -> ToolResult:
    """Tasks, labels and their counts, embedder, sources, and what is covered badly.

    Raises:
        QueryError: there is no such task.
    """
    from dermtools.adapter.saved import FOLDER, RECORD_NAME

    case_base = workspace.case_base
    info = case_base.info()
    whole = arguments.task == ALL_TASKS
    tasks = case_base.tasks if whole else (case_base.task(arguments.task),)
    result = DescribeResult(
        name=case_base.path.name,
        cases=info["cases"],
        groups=info["groups"],
        splits=info["splits"],
        tasks=[
            TaskDescription(
                name=task.name,
                question=task.question,
                labels=info["tasks"][task.name],
                glosses=glosses(workspace.library, task),
                classifiers=sorted(
                    path.parent.name
                    for path in (case_base.store.own_folder / FOLDER / task.name).glob(f"*/{RECORD_NAME}")
                ),
            )
            for task in tasks
        ],
        attributes=sorted(case_base.attributes.shown),
        embedder={name: value for name, value in info["embedder"].items() if name != "spec"},
        reads_text=_reads_text(case_base),
        sources=[{**source, "name": _last_part(source["name"])} for source in info["sources"]],
        methods=_methods(),
        folders=list(workspace.grants.names),
        gaps=_gaps(case_base),
    )
    return ToolResult(_text(result, SHOWN_LABELS if whole else None), result)


def _last_part(name: str) -> str:
    """Of a source that is called after its file, the file's own name: folders of this machine are the operator's."""
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1]


def _reads_text(case_base: CaseBase) -> bool | None:
    with suppress(EmbeddingError):  # only the embedder could tell, and it cannot be loaded here
        return case_base.reads_text
    return None


def _methods() -> list[str]:
    from dermtools.methods import family_of, patterns

    found = []
    for pattern in patterns():
        with suppress(QueryError):  # of a package that cannot be imported: the others are there all the same
            if not family_of(re.sub("-K$", "-1", pattern)).needs_model:
                found.append(pattern)
    return found


def _gaps(case_base: CaseBase) -> list[str]:
    from dermtools.retrieval.audit.coverage import label_gaps, recorded

    columns = case_base.columns
    gaps = [finding.message for finding in label_gaps(columns, {task.name: task.labels for task in case_base.tasks})]
    tones = recorded(columns, "skin type", case_base.attributes.shown)
    if not tones:  # the same words where it is private: its name is no business of a model's
        gaps.append("no skin tone is shown: whether dark skin is covered is not known")
    return gaps + [line for counts in tones if (line := dark_skin_gap(counts)) is not None]


def dark_skin_gap(counts: Counts) -> str | None:
    """Where few cases are recorded as Fitzpatrick type V or VI, or the scale is another one: how many there are."""
    known = sum(counts.counts.values())
    dark = sum(count for value, count in counts.counts.items() if is_dark(value))
    if not is_fitzpatrick(counts.name):
        return f"skin tone: {counts.line()}"
    if known and dark / known >= FEW and counts.unknown <= known:
        return None
    return f"few cases of dark skin: {dark} of {known} with a known {counts.name} are V or VI; {counts.unknown} unknown"


def _text(result: DescribeResult, most: int | None) -> str:
    splits = ", ".join(f"{name} {result.splits[name]['cases']}" for name in SPLITS if name in result.splits)
    lines = [f"{result.cases} cases of {result.groups} patients or groups ({splits or 'no splits'})"]
    for task in result.tasks:
        labels = [f"{with_gloss(label, task.glosses)} {count}" for label, count in task.labels.items()]
        more = f", and {len(labels) - most} more" if most is not None and len(labels) > most else ""
        lines.append(f"task {one_line(task.name, 60)}: {one_line(task.question, 200)}")
        lines.append(f"  labels and their cases: {', '.join(labels[:most])}{more}")
        lines.append(f"  trained classifiers: {', '.join(task.classifiers) or 'none'}")
    lines.append(f"attributes: {shown(result.attributes[:40]) or 'none'}")
    for source in result.sources:
        licence = f"licence {one_line(source['licence'], 200)}. " if "licence" in source else ""
        lines.append(f"source: {one_line(source['name'], 100)}. {licence}{one_line(' '.join(source['notes']), 500)}")
    lines.append(f"methods of classify_with_adapter, K a number: {shown(result.methods)}")
    lines += [f"folders that list_pictures looks into: {few(result.folders, 20)}"] if result.folders else []
    lines += [f"gap: {gap}" for gap in result.gaps]
    words = {
        True: "pictures and words",
        False: "pictures, not words",
        None: "pictures; whether with words is not known",
    }
    reads = words[result.reads_text]
    lines.append(f"embedder: {one_line(result.embedder['name'], 80)}; it can be searched with {reads}")
    return f"Case base {one_line(result.name, 80)}:\n{quoted(lines, result.notes)}"
