"""Arguments of the tools: what a model, a program or an MCP client may ask, with bounds and an example for each.

Their schemas are flat: one plain type a field and no null, since several converters lose what stands in an `anyOf`.
What is not given is absent, null, empty text or an empty list, all alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from dermtools.methods.registry import prompted_pattern, prompted_words

MAX_CASES = 20
"""Cases that one call gives at most."""
MAX_VIEWED = 12
"""Pictures that one call shows at most."""
ALL_TASKS = "all"
"""A word, since Gemini refuses empty text among the values of an enum, and strict modes want every argument given."""
DEFAULT_KIND = "adapter"
DEFAULT_METHOD = "rag-5"

_TEXT = WithJsonSchema({"type": "string"})
"""Hides bounds of texts, which cost tokens and which strict modes of providers refuse; they hold all the same."""
_TEXTS = WithJsonSchema({"type": "array", "items": {"type": "string"}})


def _field(description: str, default: Callable[[], Any] | None = None, **bounds: Any) -> Any:
    """A described field.

    Examples and defaults stand in the words: converters drop or refuse the keywords. A default from a function is in no
    schema, the copy that LangChain makes included.
    """
    if default is not None:
        bounds["default_factory"] = default
    return Field(description=description, **bounds)


Reference = Annotated[str, _TEXT]
"""Of a picture; what may stand there is said where the tools are offered, see `schemas.py`."""
TaskName = Annotated[str, _TEXT, Field(max_length=100)]

_PICTURE = "The picture: img_... or case:ID."


class Arguments(BaseModel):
    """Arguments of one tool; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: Any) -> Any:
        """Those that say something."""
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value is not None and not _blank(value)}


def _blank(value: object) -> bool:
    return (isinstance(value, str) and not value.strip()) or value == []


class SearchArguments(Arguments):
    """Arguments of `search_similar_cases`."""

    image: Reference = _field(_PICTURE, str)
    text: Annotated[str, _TEXT] = _field(
        "Words instead of a picture, if the embedder reads text. Example: red scaly plaque", str, max_length=500
    )
    k: int = _field("How many cases, 5 by default.", lambda: 5, ge=1, le=MAX_CASES)
    where: Annotated[str, _TEXT] = _field(
        "SQL condition on tasks and attributes of describe_case_base. Example: location = 'face' AND fitzpatrick >= 4",
        str,
        max_length=1000,
    )
    max_per_group: int = _field("At most so many cases of one patient, 1 by default.", lambda: 1, ge=1, le=MAX_CASES)
    show_pictures: bool = _field("Show the cases' pictures; false by default.", bool)


class ClassifyArguments(Arguments):
    """Arguments of `classify_with_adapter`."""

    image: Annotated[Reference, _field(_PICTURE)]
    task: Annotated[TaskName, _field("The task.")]
    top_k: int = _field("How many labels, 5 by default.", lambda: 5, ge=1, le=20)
    abstain: bool = _field("Give no label if too uncertain; false by default.", bool)
    kind: Annotated[str, _TEXT] = _field(
        f"{DEFAULT_KIND} (default), linear-probe, or a method of describe_case_base. Example: linear-probe",
        lambda: DEFAULT_KIND,
        max_length=100,
    )
    voters: int = _field("How many nearest cases vote beside it, 15 by default.", lambda: 15, ge=1, le=100)


class ExemplarArguments(Arguments):
    """Arguments of `format_exemplars`."""

    task: Annotated[TaskName, _field("The task.")]
    case_ids: Annotated[list[str], _TEXTS] = _field(
        'Cases to take, in this order; or give image. Example: ["case:example_1", "case:example_2"]',
        list,
        max_length=MAX_CASES,
    )
    image: Reference = _field(_PICTURE, str)
    shots: int = _field("How many cases nearest to image, 5 by default.", lambda: 5, ge=1, le=MAX_CASES)
    layout: Annotated[str, _TEXT] = _field(
        "A layout of the task's prompt; its first by default. Example: single", str, max_length=60
    )
    show_pictures: bool = _field("Show the cases' pictures; false by default.", bool)


def _prompted(name: str) -> str:
    if not re.match(prompted_pattern(MAX_CASES), name):
        raise ValueError(f"there is no such method; write {prompted_words(MAX_CASES)}")
    return name


class PromptArguments(Arguments):
    """Arguments of `run_prompt`."""

    image: Annotated[Reference, _field(_PICTURE)]
    task: Annotated[TaskName, _field("The task.")]
    method: Annotated[str, AfterValidator(_prompted), _TEXT] = _field(
        f"{prompted_words(MAX_CASES)}. Example and default: {DEFAULT_METHOD}",
        lambda: DEFAULT_METHOD,
    )
    note: Annotated[str, _TEXT] = _field(
        "What else is known; the vision model reads it as data. Example: itching for two weeks", str, max_length=1000
    )


class CaseArguments(Arguments):
    """Arguments of `get_case`."""

    case_id: Annotated[str, _TEXT, _field("The case. Example: case:example_1", max_length=500)]
    show_picture: bool = _field("Show its picture; false by default.", bool)


class ViewArguments(Arguments):
    """Arguments of `view_pictures`."""

    handles: Annotated[list[str], _TEXTS] = Field(
        description='Which. Example: ["img_0123456789abcdef", "case:example_1"]', min_length=1, max_length=MAX_VIEWED
    )


class ListArguments(Arguments):
    """Arguments of `list_pictures`."""

    count: int = _field("How many, 10 by default.", lambda: 10, ge=1, le=50)
    show_pictures: bool = _field("Show them too; false by default.", bool)


class DescribeArguments(Arguments):
    """Arguments of `describe_case_base`."""

    task: TaskName = _field("all (default), or one task, with all its labels.", lambda: ALL_TASKS)
