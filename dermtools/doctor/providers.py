"""Providers of models, and how each is asked for its list of models, which costs nothing and sends no picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _first_set(variables: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The first variable that holds something, and what it holds."""
    return next(((name, value) for name in variables if (value := environment.get(name, "").strip())), None)


@dataclass(frozen=True)
class Provider:
    """A provider, as LangChain calls it, and how to reach it."""

    name: str
    package: str = ""
    """What has to be installed beside dermtools to ask it; empty where nothing has."""
    keys: tuple[str, ...] = ()
    """Variables of the environment that may hold the key; the first that is set counts."""
    addresses: tuple[str, ...] = ()
    """Variables that may hold the address of a server; the first that is set counts."""
    own_address: str = ""
    """Where it is asked where no address is set; empty where it has no place of its own."""
    path: str = "/models"
    """Of its list of models, below the address; empty where it has none, and a connection is all that is tried."""
    header: Callable[[str], dict[str, str]] = _bearer
    """What proves who is asking."""

    @property
    def needs_package(self) -> bool:
        """Whether the package that asks it is not there."""
        return bool(self.package) and find_spec(self.package.replace("-", "_")) is None

    def key(self, environment: Mapping[str, str]) -> tuple[str, str] | None:
        """The variable with the key, and the key."""
        return _first_set(self.keys, environment)

    def address(self, environment: Mapping[str, str]) -> tuple[str, str] | None:
        """The variable with the address, and the address; its own where there is a key alone; None: not set up."""
        if (given := _first_set(self.addresses, environment)) is not None:
            return given
        return ("", self.own_address) if self.own_address and self.key(environment) else None


PROVIDERS = (
    Provider(
        "openai",
        keys=("OPENAI_API_KEY",),
        addresses=("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        own_address="https://api.openai.com/v1",
    ),
    Provider(
        "azure_openai",
        keys=("AZURE_OPENAI_API_KEY",),
        addresses=("AZURE_OPENAI_ENDPOINT",),
        path="/openai/models?api-version=2024-10-21",
        header=lambda key: {"api-key": key},
    ),
    Provider(
        "anthropic",
        package="langchain-anthropic",
        keys=("ANTHROPIC_API_KEY",),
        addresses=("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL"),
        own_address="https://api.anthropic.com",
        path="/v1/models",
        header=lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"},
    ),
    Provider(
        "google_genai",
        package="langchain-google-genai",
        keys=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        own_address="https://generativelanguage.googleapis.com",
        path="/v1beta/models",
        header=lambda key: {"x-goog-api-key": key},
    ),
    Provider(
        "mistralai",
        package="langchain-mistralai",
        keys=("MISTRAL_API_KEY",),
        addresses=("MISTRAL_BASE_URL",),
        own_address="https://api.mistral.ai/v1",
    ),
    Provider("ollama", package="langchain-ollama", addresses=("OLLAMA_HOST",), path="/api/tags"),
    # No key of the environment is sent to the server that an agent's server is told of.
    Provider("the agent's server", addresses=("DERMTOOLS_BASE_URL",)),
    # It has no list: asking it anything is paid work.
    Provider("medimageinsight", keys=("MI2_API_KEY", "AZUREML_API_KEY"), addresses=("MI2_MODEL_ENDPOINT",), path=""),
)
OTHER_KEYS = ("HF_TOKEN", "LANGSMITH_API_KEY", "DERMTOOLS_MCP_TOKEN")
"""Secrets that the environment may hold and that nobody is asked about."""


def key_variables() -> tuple[str, ...]:
    """Every variable that may hold a secret."""
    return (*(name for provider in PROVIDERS for name in provider.keys), *OTHER_KEYS)
