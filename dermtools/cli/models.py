"""Chat models on the command line, and the methods that may ask them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.cli import parameters as shared
from dermtools.errors import DermtoolsError, QueryError
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase

_OUTPUT_LIMITS = ("max_tokens", "max_completion_tokens")
_NO_OPTIONS = {"api_key": "the key comes from the environment", "cache": "there is --cache"}


@dataclass(frozen=True)
class ModelOptions:
    """How a chat model is reached and asked, as typed."""

    base_url: shared.BaseUrlOption = None
    api: shared.ApiOption = None
    temperature: shared.TemperatureOption = None
    max_output_tokens: shared.OutputTokensOption = None
    reasoning_effort: shared.EffortOption = None
    model_option: shared.ModelParameterOption = None
    cache: Path | None = None
    """An option of its own: not all commands keep replies."""

    def given(self) -> dict[str, Any]:
        """Those that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None and value != []}

    def check(self, model: str | None) -> None:
        """A DermtoolsError where options are set, and no model that they would be of."""
        if model is None and (given := self.given()):
            options = ", ".join(f"--{option.replace('_', '-')}" for option in given)
            raise DermtoolsError(f"{options} goes with --model; leave it out")

    def arguments(self, model: str) -> dict[str, Any]:
        """Arguments of `chat_model`; without a limit on replies, the one that suits the model.

        Raises:
            QueryError: one cannot be read, or is given twice.
        """
        from dermtools.prompting.model_names import usual_output_limit

        given = self.given()
        if "temperature" in given:
            given["temperature"] = _temperature(given["temperature"])
        for text in given.pop("model_option", []):
            name, value = _parameter(text)
            if name in given:
                raise QueryError(f"--model-option {text}: {name} is given twice; leave one out")
            given[name] = value
        return {"max_output_tokens": usual_output_limit(model), **given}


NONE_GIVEN = ModelOptions()


def _temperature(text: str) -> float | None:
    try:
        return None if text.casefold() == "none" else float(text)
    except ValueError:
        raise QueryError(f"--temperature {text}: give a number, or none to send none") from None


def _parameter(text: str) -> tuple[str, Any]:
    """KEY=VALUE; the value is JSON, else the text as it stands."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise QueryError(f"--model-option {text}: write KEY=VALUE, e.g. top_p=0.5")
    if name in _NO_OPTIONS:
        raise QueryError(f"--model-option {name}: {_NO_OPTIONS[name]}; leave it out")
    try:
        read = parsed(value)
    except ValueError:
        read = value
    return "max_output_tokens" if name in _OUTPUT_LIMITS else name, read


def connect(model: str | None, options: ModelOptions, *, method: str) -> BaseChatModel:
    """Set up the chat model that `method` needs."""
    from dermtools.prompting import SQLiteCache, chat_model

    if model is None:
        raise QueryError(f"{method} asks a chat model; name it, e.g. --model openai:gpt-4.1")
    given = options.arguments(model)
    if "cache" in given:
        given["cache"] = SQLiteCache(given["cache"])
    return chat_model(model, **given)


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
