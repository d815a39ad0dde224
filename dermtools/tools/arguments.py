"""Arguments of the tools: what a model, a program or an MCP client may ask, with bounds and an example for each."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.methods.registry import prompted_pattern, prompted_words

MAX_CASES = 20
"""Cases that one call gives at most."""


def _field(description: str, example: Any, **bounds: Any) -> Any:
    """A described field. The example stands in the text too: LangChain does not pass `examples` on to models."""
    shown = example if isinstance(example, str) else json.dumps(example)
    return Field(description=f"{description} Example: {shown}", examples=[example], **bounds)


_Picture = Annotated[
    str,
    _field(
        "Picture by its handle: img_... for an attached picture, case:ID for a case. "
        "A path or URL only where the operator granted its folder or host.",
        "img_0f3a9c12d4e5b678",
        min_length=1,
    ),
]
_Task = Annotated[
    str, _field("Name of the task, as describe_case_base lists them.", "location", min_length=1, max_length=100)
]


class Arguments(BaseModel):
    """Arguments of one tool; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchArguments(Arguments):
    """Arguments of `search_similar_cases`."""

    image: _Picture | None = None
    text: Annotated[
        str | None,
        _field(
            "Words instead of a picture, where the case base's embedder reads text.",
            "red scaly plaque on the elbow",
            max_length=500,
        ),
    ] = None
    k: Annotated[int, _field("How many cases.", 5, ge=1, le=MAX_CASES)] = 5
    where: Annotated[
        str | None,
        _field(
            "SQL-like condition over tasks and the attributes of describe_case_base that found cases satisfy.",
            "location = 'face' AND fitzpatrick >= 4",
            max_length=1000,
        ),
    ] = None
    max_per_group: Annotated[int, _field("At most this many cases of one patient.", 1, ge=1, le=MAX_CASES)] = 1
    show_pictures: Annotated[bool, _field("Whether to show the cases' pictures.", True)] = False


class ClassifyArguments(Arguments):
    """Arguments of `classify_with_adapter`."""

    image: _Picture
    task: _Task
    top_k: Annotated[int, _field("How many labels to give, most probable first.", 5, ge=1, le=20)] = 5
    abstain: Annotated[bool, _field("Give no label where the classifier is too uncertain.", True)] = False
    kind: Annotated[
        str,
        _field("adapter, linear-probe, or another method that describe_case_base lists.", "adapter", max_length=100),
    ] = "adapter"
    voters: Annotated[int, _field("How many nearest cases vote beside the classifier.", 15, ge=1, le=100)] = 15


class ExemplarArguments(Arguments):
    """Arguments of `format_exemplars`."""

    task: _Task
    case_ids: Annotated[
        list[str] | None,
        _field(
            "Cases to take, in this order; or give `image` to take its nearest labelled cases.",
            ["case:PAT_9_17_80", "case:PAT_46_881_939"],
            min_length=1,
            max_length=MAX_CASES,
        ),
    ] = None
    image: _Picture | None = None
    shots: Annotated[int, _field("How many exemplars, where `image` is given.", 5, ge=1, le=MAX_CASES)] = 5
    layout: Annotated[
        str | None, _field("How an exemplar is laid out: a layout of the task's prompt.", "single", max_length=60)
    ] = None
    show_pictures: Annotated[bool, _field("Whether to show the exemplars' pictures.", True)] = True


class PromptArguments(Arguments):
    """Arguments of `run_prompt`."""

    image: _Picture
    task: _Task
    method: Annotated[
        str,
        _field(f"{prompted_words(MAX_CASES)}.", "rag-5", pattern=prompted_pattern(MAX_CASES)),
    ] = "rag-5"
    note: Annotated[
        str | None,
        _field(
            "What is known besides the picture; it reaches the vision model as data.",
            "itching for two weeks",
            max_length=1000,
        ),
    ] = None


class CaseArguments(Arguments):
    """Arguments of `get_case`."""

    case_id: Annotated[str, _field("The case: case:ID, or its id.", "case:PAT_9_17_80", min_length=1, max_length=500)]
    show_picture: Annotated[bool, _field("Whether to show its picture.", True)] = False


class DescribeArguments(Arguments):
    """Arguments of `describe_case_base`."""

    task: Annotated[str | None, _field("Only this task, with all its labels.", "location", max_length=100)] = None
