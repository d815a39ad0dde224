"""Where each provider takes pictures that tools show: the one table, which `PictureMiddleware` goes by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

from langchain_core.runnables.base import RunnableBindingBase

from dermtools.errors import ModelError
from dermtools.prompting.asking.models import model_name, model_provider

Place = Literal["tool-message", "after-tool-messages", "question"]
"""Where the pictures of tools go: into the tool's message; into a user message after the last of the tool messages; or
into the user message that the tools were called for, which takes pictures wherever a model takes any."""


@dataclass(frozen=True)
class ProviderRules:
    """What a provider takes.

    Args:
        tool_pictures: where pictures go that tools show.
        max_pictures: of one request; None where there is no limit that matters here.

    Raises:
        ModelError: no such place, or a limit below 1.
    """

    tool_pictures: Place
    max_pictures: int | None = None

    def __post_init__(self) -> None:
        if self.tool_pictures not in get_args(Place):
            known = ", ".join(get_args(Place))
            raise ModelError(f"tool_pictures={self.tool_pictures!r} is no place for pictures; there are: {known}")
        if self.max_pictures is not None and self.max_pictures < 1:
            raise ModelError(
                f"max_pictures must be at least 1, not {self.max_pictures}; show_pictures=False shows none"
            )


Rules: TypeAlias = ProviderRules | Mapping[str, ProviderRules]
"""Rules for every model, or by the name of its class or provider; what is not named there goes by the table."""

UNKNOWN = ProviderRules("question")
"""Of a provider that is not in the table: no message stands where one may not."""

PROVIDER_RULES: Mapping[str, ProviderRules] = MappingProxyType(
    {
        # "Image URLs are only allowed for messages with role 'user'": the service's answer to others, and its schema of
        # ChatCompletionRequestToolMessage (text parts only). A user message may follow.
        "openai": ProviderRules("after-tool-messages"),
        "azure": ProviderRules("after-tool-messages"),
        # OpenAI's schema of FunctionCallOutputItemParam: its output takes `input_image`.
        "openai-responses": ProviderRules("tool-message"),
        # platform.claude.com/docs/en/agents-and-tools/tool-use: a `tool_result` takes text, image and document blocks.
        # Images: 100 a request, /docs/en/build-with-claude/vision.
        "anthropic": ProviderRules("tool-message", 100),
        "anthropic-bedrock": ProviderRules("tool-message", 100),
        # langchain-google-genai puts a tool's pictures beside its function response, not into the `parts` of it that
        # ai.google.dev/api/caching#FunctionResponse has; contents of the role `user` may follow each other.
        "google_genai": ProviderRules("after-tool-messages"),
        # github.com/ollama/ollama, docs/api.md: any message may have `images`; but a model's template need not show
        # those of the role `tool` (server/prompt.go), and has to show those of a user.
        "ollama": ProviderRules("after-tool-messages"),
        # "Unexpected role 'user' after role 'tool'" (github.com/avante-corp/avante.nvim, issue 2562), and "pre-v15 tool
        # messages accept text content only" (mistral-common 1.13, protocol/instruct/validator.py).
        # 8 images a request: docs.mistral.ai/capabilities/vision.
        "mistral": ProviderRules("question", 8),
        # Mistral's models on other servers (vLLM, NIM): github.com/mistralai/mistral-vibe, issue 578.
        "mistral-elsewhere": ProviderRules("question"),
        # docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html: 20 images a message.
        "amazon_bedrock": ProviderRules("question", 20),
    }
)
"""Rules by provider, as LangChain names it, each with its source beside it."""

_OPENAI = ("openai", "azure")
_MISTRAL = re.compile("mistral|ministral|devstral|codestral|magistral|pixtral", re.IGNORECASE)


def rules_for(model: Any, given: Rules | None = None) -> ProviderRules:
    """The rules for a chat model, bound to tools or not: the `given` ones, else those of the table, else `UNKNOWN`."""
    if isinstance(given, ProviderRules):
        return given
    while isinstance(model, RunnableBindingBase):
        model = model.bound
    provider = _provider(model)
    if given is not None:
        names = [*(kind.__name__ for kind in type(model).__mro__), provider]
        chosen = next((given[name] for name in names if name in given), None)
        if chosen is not None:
            return chosen
    if provider in _OPENAI:
        if _MISTRAL.search(model_name(model)):
            return PROVIDER_RULES["mistral-elsewhere"]
        # Left to langchain-openai (None), it may be either API: the rule of chat completions holds in both.
        if getattr(model, "use_responses_api", None) is True:
            return PROVIDER_RULES["openai-responses"]
    return PROVIDER_RULES.get(provider, UNKNOWN)


def _provider(model: Any) -> str:
    return (model_provider(model) if hasattr(model, "_get_ls_params") else None) or ""
