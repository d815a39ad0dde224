"""What of a chat model decides its answers, for the records of an evaluation: plain data, without keys."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dermtools.prompting.asking.models import model_provider

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_ADDRESSES = ("base_url", "openai_api_base", "azure_endpoint", "anthropic_api_url", "endpoint", "endpoint_url")
_TOLD = {*_ADDRESSES, "model", "model_name", "deployment_name", "temperature", "reasoning_effort", "max_tokens"}
_TOLD |= {"use_responses_api", "openai_api_version"}
_WITHOUT_EFFECT = {
    *("cache", "callbacks", "verbose", "tags", "metadata", "name", "rate_limiter", "profile", "max_retries"),
    *("request_timeout", "timeout", "stream_usage", "streaming", "disable_streaming", "stream_chunk_timeout", "store"),
    *("http_client", "http_async_client", "http_socket_options", "openai_proxy", "client", "async_client"),
    *("root_client", "root_async_client", "default_headers", "openai_organization", "disabled_params"),
    *("output_version", "validate_base_url", "openai_api_type", "model_version"),
}
"""Fields that say how a model is reached and not what it answers, or hold keys."""
_SECRET = re.compile(
    r"^(?:key|sig|token|auth|code)$|api[-_]?key|secret|passw|authori[sz]ation|credential|signature|-key$"
    r"|(?:access|auth|bearer|ad|session)[-_]?token",
    re.IGNORECASE,
)


def model_facts(model: BaseChatModel) -> dict[str, Any]:
    """Provider, address, API and parameters of a model, as it stands; what its service refuses is not told here."""
    by_api = {True: "responses", False: "chat"}
    return {
        "provider": model_provider(model),
        "base_url": _address(model),
        "api": by_api.get(getattr(model, "use_responses_api", False) or False),
        "api_version": getattr(model, "openai_api_version", None),
        "temperature": getattr(model, "temperature", None),
        "reasoning_effort": getattr(model, "reasoning_effort", None),
        "max_output_tokens": getattr(model, "max_tokens", None),
        "model_options": _options(model) or None,
    }


def public_address(url: str) -> str:
    """An address without user, password, fragment, and values of its query that look like keys."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = [(name, value) for name, value in parse_qsl(parts.query) if not _SECRET.search(name)]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), urlencode(query), ""))


def _address(model: BaseChatModel) -> str | None:
    client = getattr(model, "root_client", None) or getattr(model, "root_async_client", None)
    given = [getattr(client, "base_url", None), *(getattr(model, name, None) for name in _ADDRESSES)]
    return next((public_address(str(address)) for address in given if address), None)


def _options(model: BaseChatModel) -> dict[str, Any]:
    """What else was set, as far as it is plain data."""
    names = sorted(model.model_fields_set - _TOLD - _WITHOUT_EFFECT)
    found = {name: value for name in names if _is_plain(value := getattr(model, name, None))}
    cleaned: dict[str, Any] = _cleaned(found)
    return cleaned


def _is_plain(value: Any) -> bool:
    try:
        return value not in (None, {}, []) and bool(json.dumps(value))
    except (TypeError, ValueError):
        return False


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _cleaned(one) for name, one in value.items() if not _SECRET.search(str(name))}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return public_address(value) if isinstance(value, str) and "://" in value else value
