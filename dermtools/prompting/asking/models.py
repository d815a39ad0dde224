"""Setting up a chat model: any that LangChain's `init_chat_model` knows, and local servers by `base_url`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from dermtools.errors import ModelError
from dermtools.prompting.asking.service import service_clients
from dermtools.prompting.model_names import takes_temperature
from dermtools.text import instead, one_line

if TYPE_CHECKING:
    from langchain_core.caches import BaseCache
    from langchain_core.language_models import BaseChatModel

Api = Literal["chat", "responses"]

_OPENAI = ("openai", "azure_openai")
_OWN_CLIENT = {"http_client", "http_async_client", "openai_proxy"}


def chat_model(
    spec: str,
    *,
    api: Api = "chat",
    base_url: str | None = None,
    api_key: str | None = None,
    temperature: float | Literal["default"] | None = "default",
    max_output_tokens: int | None = None,
    reasoning_effort: str | None = None,
    timeout: float = 90.0,
    requests_per_minute: float | None = None,
    cache: BaseCache | None = None,
    **options: Any,
) -> BaseChatModel:
    """Set up a chat model for prompts with pictures.

    Args:
        spec: `provider:model`, e.g. `openai:gpt-4.1`, `azure_openai:DEPLOYMENT`, `anthropic:claude-sonnet-4-5`.
        api: which of OpenAI's APIs; with `responses`, replies are not stored by the service (`store=False`).
        base_url: an OpenAI-compatible server, e.g. `http://localhost:8000/v1`. The key in `OPENAI_API_KEY` is
            not sent there: give `api_key` if the server wants one.
        api_key: else taken from the provider's environment variable.
        temperature: 0 by default, left out for models known not to take one; None leaves it out.
        max_output_tokens: cut replies after this many tokens, those of reasoning included; the provider's own limit
            by default, see `usual_output_limit` for one that suits the model.
        reasoning_effort: e.g. `low`, for models that reason before they answer.
        timeout: seconds to wait for a reply.
        requests_per_minute: rate limit over all threads; cache hits do not count.
        cache: e.g. a `SQLiteCache`; without one, nothing is cached, not even by a global LangChain cache.
        options: passed on to the model class.

    Retries are left to the chain (`RetryPolicy`), so that they do not multiply: `max_retries` is 0. A parameter that
    OpenAI's or a compatible service refuses is left out from then on, and `left_out` names it.

    Raises:
        ModelError: unknown provider, missing package or key; says what to do.
    """
    from langchain.chat_models import init_chat_model
    from openai import OpenAIError

    provider, _, name = spec.partition(":")
    if not name:
        raise ModelError(f"model {spec!r} needs its provider in front, like 'openai:gpt-4.1'")
    arguments: dict[str, Any] = {"max_retries": 0, "timeout": timeout, **options}
    if provider in _OPENAI:
        arguments = _sendable(arguments) | _openai(provider, name, api, base_url, api_key)
    else:
        if api != "chat":
            raise ModelError(f"the Responses API is OpenAI's; {provider} models have api='chat' only")
        arguments |= _given(base_url=base_url, api_key=api_key)
    arguments |= _given(
        temperature=None if temperature == "default" else temperature,
        max_tokens=max_output_tokens,
        reasoning_effort=reasoning_effort,
        rate_limiter=None if requests_per_minute is None else _limiter(requests_per_minute),
    )
    arguments["cache"] = cache if cache is not None else False
    try:
        model: BaseChatModel = init_chat_model(spec, **arguments)
    except ImportError as error:
        raise ModelError(f"{spec}: {one_line(str(error), 300)}") from error
    except (ValueError, TypeError, OpenAIError) as error:
        if known := re.search("Supported providers: (.+)", str(error)):
            raise ModelError(
                f"no provider {provider!r}; {instead(provider, known[1].split(', '), shown=40)}"
            ) from error
        raise ModelError(f"model {spec!r} cannot be set up: {one_line(str(error), 300)}") from error
    takes_one = takes_temperature(name) and (model.profile or {}).get("temperature", True)
    chosen = (0.0 if takes_one else None) if temperature == "default" else temperature
    if hasattr(model, "temperature") and (chosen is not None or provider in _OPENAI):
        # Not by the constructor alone: langchain-openai changes temperatures by the beginning of a model's name.
        model.temperature = chosen
    return model


def model_name(model: BaseChatModel) -> str:
    """The model's name as its provider knows it; its class where it has none."""
    names = (getattr(model, attribute, None) for attribute in ("model_name", "model", "deployment_name"))
    return next((name for name in names if isinstance(name, str) and name), type(model).__name__)


def model_provider(model: BaseChatModel) -> str | None:
    """The provider as LangChain names it, e.g. `openai`; None where the model does not say."""
    provider = model._get_ls_params().get("ls_provider")
    return provider if isinstance(provider, str) else None


def _sendable(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with those that langchain-openai does not know where they are sent as they are.

    Usage is asked for in streams too, and the service's client is ours unless one, or a proxy, was chosen.
    """
    from langchain_openai.chat_models.base import BaseChatOpenAI

    known = set(BaseChatOpenAI.model_fields) | {str(field.alias) for field in BaseChatOpenAI.model_fields.values()}
    more = {name: value for name, value in arguments.items() if name not in known}
    kept = {name: value for name, value in arguments.items() if name in known}
    if more:
        kept["extra_body"] = {**more, **(kept.get("extra_body") or {})}
    clients = {} if _OWN_CLIENT & kept.keys() else service_clients()
    return {"stream_usage": True, **clients, **kept}


def _openai(provider: str, name: str, api: Api, base_url: str | None, api_key: str | None) -> dict[str, Any]:
    if api not in get_args(Api):
        raise ModelError(f"api must be chat or responses, not {api!r}")
    asked = {"use_responses_api": True, "store": False} if api == "responses" else {"use_responses_api": False}
    if provider == "azure_openai":
        version = os.environ.get("AZURE_OPENAI_API_VERSION") or None
        place = _given(azure_deployment=name, api_version=version, azure_endpoint=base_url, api_key=api_key)
    else:
        # The environment's address is told to the model as well, since it decides answers, and cached ones with them.
        address = base_url or os.environ.get("OPENAI_API_BASE") or os.environ.get("OPENAI_BASE_URL") or None
        place = _given(base_url=address, api_key=api_key if base_url is None else api_key or "none")
    return {**asked, **place}


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _limiter(requests_per_minute: float) -> Any:
    from langchain_core.rate_limiters import InMemoryRateLimiter

    if requests_per_minute <= 0:
        raise ModelError(f"requests per minute must be above 0, not {requests_per_minute}")
    per_second = requests_per_minute / 60
    return InMemoryRateLimiter(
        requests_per_second=per_second, check_every_n_seconds=min(0.1, 0.5 / per_second), max_bucket_size=1
    )
