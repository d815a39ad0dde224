"""`search_similar_cases`: the cases most similar to a picture or words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from dermtools.errors import QueryError
from dermtools.text import one_line
from dermtools.tools.glosses import in_words
from dermtools.tools.results import FoundCase, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from dermtools.tools.arguments import SearchArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace


class SearchResult(Result):
    """Data of `search_similar_cases`."""

    query: str = Field(description="handle of the picture, or the words")
    cases: list[FoundCase] = Field(description="nearest first")
    agreement: dict[str, dict[str, int]] = Field(description="task to label to how many of these cases carry it")


def search_similar_cases(workspace: Workspace, arguments: SearchArguments, context: DermContext) -> ToolResult:
    """The k nearest cases by Euclidean distance; the query's own patient and picture are left out.

    Raises:
        QueryError: not exactly one of picture and words, an unknown case, or a bad condition.
        ImageError: the picture cannot be read, or may not be.
    """
    if bool(arguments.image) == bool(arguments.text):
        raise QueryError("give either image or text, one of them")
    case_base = workspace.case_base
    image = arguments.image
    query = workspace.query(image, context) if image else case_base.query(text=arguments.text)
    found = case_base.search(
        query=query,
        k=arguments.k,
        where=context.conditions or None,
        where_shown=arguments.where or None,
        max_per_group=arguments.max_per_group,
    )
    tasks = case_base.tasks
    cases = [FoundCase.of(one.case, tasks, one.rank, one.distance, shown=one.shown) for one in found]
    agreement: dict[str, Counter[str]] = {task.name: Counter() for task in tasks}
    for case in cases:
        for task, labels in case.labels.items():
            agreement[task].update(labels)
    result = SearchResult(
        query=query.name,
        cases=cases,
        agreement={task: dict(counts.most_common()) for task, counts in agreement.items() if counts},
        case_ids=[case.case_id for case in cases],
        pictures=[case.handle for case in cases] if arguments.show_pictures else [],
        notes=list(found.notes),
    )
    lines = [f"query: {one_line(result.query, 80)}", *(case.line() for case in cases)]
    for task, numbers in result.agreement.items():
        told = ", ".join(f"{shown([label])} {number}" for label, number in numbers.items())
        lines.append(f"labels of {one_line(task, 60)}: {told}")
    lines += in_words(workspace.library, tasks, (label for counts in result.agreement.values() for label in counts))
    head = f"{len(cases)} cases similar to the query, nearest first:"
    return ToolResult(f"{head}\n{quoted(lines, result.notes)}", result)
