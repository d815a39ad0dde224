"""The wire formats that agents are driven over: LangChain's chat model of each, and a server that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.anthropic_server import AnthropicServer
from tests.support.gemini_server import GeminiServer
from tests.support.mistral_server import MistralServer
from tests.support.ollama_server import OllamaServer
from tests.support.openai_requests import OpenAISchemas
from tests.support.provider_server import ProviderServer, Script
from tests.support.streaming_server import StreamingOpenAIServer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True)
class WireFormat:
    """One way to ask a model."""

    name: str
    """As the table in docs/providers.md has it."""
    provider: str
    """Of `init_chat_model`."""
    kind: type[ProviderServer] | None
    """None for OpenAI's server, which speaks two formats."""
    options: Callable[[str], dict[str, Any]]
    """From the server's URL to arguments of the chat model."""

    @contextmanager
    def serving(self, schemas: OpenAISchemas, script: Script) -> Iterator[tuple[Any, BaseChatModel]]:
        """The server while it answers by the script, and the chat model that asks it."""
        from langchain.chat_models import init_chat_model

        server: Any
        if self.kind is None:
            server = StreamingOpenAIServer(schemas, lambda _, body: script(body), wants_strict=False)
        else:
            server = self.kind(script)
        with server:
            options = {"max_retries": 1} if self.provider != "ollama" else {}
            model: Any = init_chat_model("m", model_provider=self.provider, **options, **self.options(server.url))
            yield server, model
            # These keep a connection of their own, and close it nowhere.
            if self.provider == "mistralai":
                model.client.close()
            elif self.provider == "google_genai":
                model.client.transport.close()
            elif self.provider == "ollama":
                model._client.close()


def keyed(**options: Any) -> Callable[[str], dict[str, Any]]:
    return lambda url: {"base_url": url, "api_key": "k", **options}


FORMATS = (
    WireFormat("OpenAI chat", "openai", None, keyed()),
    WireFormat("OpenAI Responses", "openai", None, keyed(use_responses_api=True, store=False)),
    WireFormat("Anthropic", "anthropic", AnthropicServer, keyed()),
    WireFormat("Gemini", "google_genai", GeminiServer, keyed(transport="rest")),
    WireFormat("Ollama", "ollama", OllamaServer, lambda url: {"base_url": url}),
    WireFormat("Mistral", "mistralai", MistralServer, lambda url: {"endpoint": f"{url}/v1", "api_key": "k"}),
)


def tools_sent(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name to schema of the arguments, in any of the formats; a tool without arguments has an empty one."""
    sent = {}
    for tool in body["tools"]:
        for one in tool.get("functionDeclarations", [tool.get("function", tool)]):
            sent[one["name"]] = one.get("parameters") or one.get("input_schema") or {}
    return sent
