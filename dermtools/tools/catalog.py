"""The catalogue of tools: all that LangChain and MCP have to know of each, in one entry.

A new tool is a function and an entry here. Imports no LangChain: a server of another protocol starts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dermtools.tools import arguments as schemas
from dermtools.tools.classifying import ClassifyResult, PromptResult, classify_with_adapter, run_prompt
from dermtools.tools.context import DermContext
from dermtools.tools.describing import CaseResult, DescribeResult, describe_case_base, get_case
from dermtools.tools.exemplars import ExemplarResult, format_exemplars
from dermtools.tools.results import Result, ToolResult
from dermtools.tools.searching import SearchResult, search_similar_cases
from dermtools.tools.viewing import ListResult, ViewResult, list_pictures, view_pictures
from dermtools.tools.workspace import Workspace


@dataclass(frozen=True)
class ToolSpec:
    """One tool.

    `name` is what a model calls; `function` does it, over a workspace and the context of the run, with `arguments`
    that were checked. `read_only` and `destructive` are hints for clients: by default it changes nothing.
    """

    name: str
    title: str
    """For people."""
    function: Callable[[Workspace, Any, DermContext], ToolResult]
    arguments: type[schemas.Arguments]
    result: type[Result]
    """Class of the data that the function gives."""
    description: str
    """For models."""
    asks_model: bool = False
    """Offered only where the operator gave a model; each call costs, and may be answered differently."""
    needs_folder: bool = False
    """Offered only where the operator granted a folder; opens files in it."""
    structured: bool = True
    """Whether its data go over MCP as structured content. Codex gives its model that alone, where there is any: neither
    the text of a result nor its pictures."""
    shows_cases: bool = False
    """Whether calling it counts as looking cases up."""
    read_only: bool = True
    destructive: bool = False

    def call(self, workspace: Workspace, arguments: schemas.Arguments, context: DermContext) -> ToolResult:
        """What the function gives, below the remark on the picture that it was asked about, where there is one."""
        result = self.function(workspace, arguments, context)
        reference = getattr(arguments, "image", "")
        remark = workspace.remark(reference, context) if reference else ""
        return replace(result, text=f"{remark}\n{result.text}") if remark else result

    @property
    def annotations(self) -> dict[str, bool]:
        """Hints for a client, as MCP's `ToolAnnotations` names them."""
        return {
            "read_only_hint": self.read_only,
            "destructive_hint": self.destructive,
            "idempotent_hint": not self.asks_model,
            "open_world_hint": self.asks_model,
        }


_SPECS = (
    ToolSpec(
        name="search_similar_cases",
        title="Search similar cases",
        function=search_similar_cases,
        arguments=schemas.SearchArguments,
        result=SearchResult,
        description="Find the labelled cases most similar to a picture, or to words, nearest first, with distances, "
        "labels and attributes. The picture's own patient is left out. Use it as evidence before naming a label.",
        shows_cases=True,
    ),
    ToolSpec(
        name="classify_with_adapter",
        title="Classify with a trained classifier",
        function=classify_with_adapter,
        arguments=schemas.ClassifyArguments,
        result=ClassifyResult,
        description="Ask a trained classifier for the label of a picture: probabilities, a conformal label set, "
        "abstention, and the vote of the nearest cases beside it, with a warning where the two disagree.",
    ),
    ToolSpec(
        name="format_exemplars",
        title="Format cases as examples",
        function=format_exemplars,
        arguments=schemas.ExemplarArguments,
        result=ExemplarResult,
        description="Lay out labelled cases as few-shot examples for a task: the cases you name, or those nearest to "
        "a picture.",
        shows_cases=True,
    ),
    ToolSpec(
        name="run_prompt",
        title="Ask a vision model",
        function=run_prompt,
        arguments=schemas.PromptArguments,
        result=PromptResult,
        description="Ask a vision model for the label of a picture by a named method: zero-shot, or with random or "
        "retrieved examples. Slow, and costs money.",
        asks_model=True,
    ),
    ToolSpec(
        name="get_case",
        title="Get a case",
        function=get_case,
        arguments=schemas.CaseArguments,
        result=CaseResult,
        description="Labels, attributes and, on request, the picture of one case.",
        shows_cases=True,
    ),
    ToolSpec(
        name="view_pictures",
        title="View pictures",
        function=view_pictures,
        arguments=schemas.ViewArguments,
        result=ViewResult,
        description="Look at pictures, by handle (img_... or case:ID).",
        structured=False,
        shows_cases=True,
    ),
    ToolSpec(
        name="list_pictures",
        title="List pictures",
        function=list_pictures,
        arguments=schemas.ListArguments,
        result=ListResult,
        description="The newest picture files in the granted folders: name, time, size. For a picture that the user "
        "speaks of but did not attach.",
        needs_folder=True,
    ),
    ToolSpec(
        name="describe_case_base",
        title="Describe the case base",
        function=describe_case_base,
        arguments=schemas.DescribeArguments,
        result=DescribeResult,
        description="What the case base holds: tasks with their labels and counts, attributes, embedder, sources, "
        "trained classifiers, and what it covers badly.",
    ),
)

CATALOG = {spec.name: spec for spec in _SPECS}
"""Tool by its name, in the order in which they are offered."""


def offered_tools(*, with_model: bool, with_folders: bool = False) -> list[ToolSpec]:
    """The tools that may be called: without a model, none that asks one; without a granted folder, none that lists."""
    return [
        spec
        for spec in CATALOG.values()
        if (with_model or not spec.asks_model) and (with_folders or not spec.needs_folder)
    ]
