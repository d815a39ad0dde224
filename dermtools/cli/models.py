"""Chat models on the command line, and the methods that may ask them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase

MAX_OUTPUT_TOKENS = 1024
"""Enough for a label and what surrounds it; a firm limit is what makes a price ceiling firm."""


@dataclass(frozen=True)
class ModelOptions:
    """How a chat model is reached."""

    base_url: str | None = None
    api: str | None = None
    cache: Path | None = None

    def given(self) -> dict[str, Any]:
        """Those that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def connect(model: str | None, options: ModelOptions, *, method: str) -> BaseChatModel:
    """Set up the chat model that `method` needs."""
    from dermtools.prompting import SQLiteCache, chat_model

    if model is None:
        raise QueryError(f"{method} asks a chat model; name it, e.g. --model openai:gpt-4.1")
    given = options.given()
    if "cache" in given:
        given["cache"] = SQLiteCache(given["cache"])
    return chat_model(model, max_output_tokens=MAX_OUTPUT_TOKENS, **given)


def method_of(
    case_base: CaseBase, task: str, name: str, model: str | None, reach: ModelOptions, **options: Any
) -> Method:
    """The method of that name; options that are None, False or empty were not given.

    An option that does not fit is refused before a model is set up.
    """
    from dermtools.methods import family_of, method

    family = family_of(name)
    given = {key: value for key, value in options.items() if value is not None and value is not False and value != []}
    family.check(name, model, given if family.needs_model else given | reach.given())
    chat = connect(model, reach, method=name) if family.needs_model else None
    return method(name, case_base, task, model=chat, **given)
