"""The tools' plain functions by name, with their arguments and descriptions. Every front end shares this table.

Imports no LangChain: a server of another protocol starts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dermtools.tools import arguments as schemas
from dermtools.tools.classifying import classify_with_adapter
from dermtools.tools.context import DermContext
from dermtools.tools.describing import describe_case_base, get_case
from dermtools.tools.exemplars import format_exemplars
from dermtools.tools.prompt_running import run_prompt
from dermtools.tools.results import ToolResult
from dermtools.tools.searching import search_similar_cases
from dermtools.tools.workspace import Workspace

Function = Callable[[Workspace, Any, DermContext], ToolResult]

FUNCTIONS: dict[str, tuple[Function, type[schemas.Arguments], str]] = {
    "search_similar_cases": (
        search_similar_cases,
        schemas.SearchArguments,
        "Find the labelled cases most similar to a picture, or to words, nearest first, with distances, labels and "
        "attributes. The picture's own patient is left out. Use it as evidence before naming a label.",
    ),
    "classify_with_adapter": (
        classify_with_adapter,
        schemas.ClassifyArguments,
        "Ask a trained classifier for the label of a picture: probabilities, a conformal label set, abstention, and "
        "the vote of the nearest cases beside it, with a warning where the two disagree.",
    ),
    "format_exemplars": (
        format_exemplars,
        schemas.ExemplarArguments,
        "Lay out labelled cases as few-shot examples for a task: the cases you name, or those nearest to a picture.",
    ),
    "run_prompt": (
        run_prompt,
        schemas.PromptArguments,
        "Ask a vision model for the label of a picture by a named method: zero-shot, or with random or retrieved "
        "examples. Slow, and costs money.",
    ),
    "get_case": (
        get_case,
        schemas.CaseArguments,
        "Labels, attributes and, on request, the picture of one case.",
    ),
    "describe_case_base": (
        describe_case_base,
        schemas.DescribeArguments,
        "What the case base holds: tasks with their labels and counts, attributes, embedder, sources, trained "
        "classifiers, and what it covers badly.",
    ),
}
"""Tool name to its plain function, its arguments, and its description for a model."""
