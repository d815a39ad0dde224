"""Chat models on the command line, and the methods that ask them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.agent import AgentMethod
    from dermtools.prompting import PromptedMethod
    from dermtools.retrieval import CaseBase

MAX_OUTPUT_TOKENS = 1024
"""Enough for a label and what surrounds it; a firm limit is what makes a price ceiling firm."""

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="PROVIDER:MODEL", help="Chat model to ask, e.g. openai:gpt-4.1."),
]
BaseUrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server instead of the provider's own.")
]
ApiOption = Annotated[str, typer.Option("--api", metavar="chat|responses", help="Which of OpenAI's APIs.")]
PromptOption = Annotated[
    str | None, typer.Option("--prompt", metavar="ID", help="Prompt of the library; else the one for the task.")
]
PromptFolderOption = Annotated[
    list[Path] | None,
    typer.Option("--prompts", metavar="FOLDER", help="Your own prompt files, over the built-in ones; repeatable."),
]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", metavar="FILE", help="Keep replies in this SQLite file, and reuse them.")
]


@dataclass(frozen=True)
class ModelOptions:
    """How a chat model is reached."""

    base_url: str | None = None
    api: str = "chat"
    cache: Path | None = None
    max_output_tokens: int = MAX_OUTPUT_TOKENS


AGENT = "agent"


def needs_model(method: str) -> bool:
    """Whether a method's name is that of one that asks a chat model."""
    return method == AGENT or method.startswith(("zero-shot", "random-", "rag-"))


def connect(model: str | None, options: ModelOptions, *, method: str) -> BaseChatModel:
    """Set up the chat model that `method` needs.

    Raises:
        QueryError: no model is named, or no such API.
        ModelError: unknown provider, missing package or key.
    """
    from dermtools.prompting import SQLiteCache, chat_model

    if model is None:
        raise QueryError(f"{method} asks a chat model; name it, e.g. --model openai:gpt-4.1")
    return chat_model(
        model,
        api=_api(options.api),
        base_url=options.base_url,
        cache=SQLiteCache(options.cache) if options.cache else None,
        max_output_tokens=options.max_output_tokens,
    )


def agent_method(
    case_base: CaseBase, task: str, model: BaseChatModel, *, folders: list[Path] | None = None
) -> AgentMethod:
    """The agent as a method; raises as `create_derm_agent`."""
    from dermtools.agent import AgentMethod, create_derm_agent
    from dermtools.prompting import PromptLibrary

    return AgentMethod(create_derm_agent(model, case_base, task=task, library=PromptLibrary(*(folders or ()))))


def prompted_method(
    case_base: CaseBase,
    task: str,
    name: str,
    model: BaseChatModel,
    *,
    prompt: str | None = None,
    folders: list[Path] | None = None,
) -> PromptedMethod:
    """The prompted method of that name; raises as `chain_for`."""
    from dermtools.prompting import PromptedMethod, PromptLibrary, chain_for

    library = PromptLibrary(*(folders or ()))
    chain = chain_for(name, model=model, task=task, case_base=case_base, prompt=prompt, library=library)
    return PromptedMethod(chain)


def _api(name: str) -> Literal["chat", "responses"]:
    if name == "chat":
        return "chat"
    if name == "responses":
        return "responses"
    raise QueryError(f"no API {name!r}; there are chat and responses")
