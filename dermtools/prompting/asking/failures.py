"""What can go wrong with a call to a model: what may be tried again, and what a failed call means."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from dermtools.prediction import Outcome, TokenUsage
from dermtools.prompting.asking.replies import CUT_OFF, Reply
from dermtools.retry_after import retry_after
from dermtools.text import one_line

_RETRYABLE_STATUS = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_NO_USE = {"insufficient_quota", "billing_hard_limit_reached"}
_FILTER_CODES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_REFUSES = {
    "json_schema": re.compile(r"response_format|json_schema|structured|text\.format|schema", re.IGNORECASE),
    "tools": re.compile(r"tool|function", re.IGNORECASE),
}


def call_errors() -> tuple[type[Exception], ...]:
    """Exceptions that a call to a chat model may end in: LangChain's own, the loaded providers', a broken reply."""
    import httpx
    from langchain_core.exceptions import LangChainException

    # A body that is not what the API promises surfaces as one of these, straight from the client library.
    broken = (ValueError, TypeError, KeyError, IndexError, AttributeError)
    providers = {"openai": "OpenAIError", "anthropic": "AnthropicError", "google.genai.errors": "APIError"}
    loaded = [getattr(sys.modules.get(module), name, None) for module, name in providers.items()]
    return (LangChainException, httpx.HTTPError, OSError, *broken, *(error for error in loaded if error is not None))


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed later: rate limit, server fault, lost connection, time-out."""
    import httpx
    from langchain_core.exceptions import ModelError

    if getattr(error, "code", None) in _NO_USE:
        return False
    status = getattr(error, "status_code", None)
    if status is not None:
        return status in _RETRYABLE_STATUS
    if isinstance(error, ModelError):
        return error.is_retryable
    return isinstance(error, httpx.TransportError | ConnectionError | TimeoutError)


def requested_wait(error: BaseException | None) -> float | None:
    """Seconds that the service asks to wait; None where it does not say."""
    return retry_after(getattr(getattr(error, "response", None), "headers", None) or {})


def refuses_mode(error: BaseException, mode: str) -> bool:
    """Whether the service says that it does not know this mode of structured output."""
    refused = getattr(error, "status_code", None) in (400, 404, 422, 501) and not is_filtered(error)
    return refused and bool(_REFUSES[mode].search(str(error)))


def is_filtered(error: BaseException) -> bool:
    """Whether a content filter refused the request."""
    body = getattr(error, "body", None)
    codes = {getattr(error, "code", None)}
    if isinstance(body, Mapping):
        inner = body.get("innererror")
        codes |= {body.get("code"), inner.get("code") if isinstance(inner, Mapping) else None}
    return bool(codes & _FILTER_CODES) or type(error).__name__ == "ContentFilterFinishReasonError"


def failed_reply(error: Exception) -> Reply:
    """The outcome of a call that raised."""
    if is_filtered(error):
        return Reply(Outcome.FILTERED, reason=f"the provider's content filter stopped the request: {_line(error)}")
    if type(error).__name__ == "LengthFinishReasonError":
        # OpenAI's client raises on a cut structured reply; the reply is inside.
        completion = getattr(error, "completion", None)
        choices, counted = getattr(completion, "choices", None), getattr(completion, "usage", None)
        raw = getattr(choices[0].message, "content", None) if choices else None
        usage = counted and TokenUsage(
            input_tokens=counted.prompt_tokens or 0, output_tokens=counted.completion_tokens or 0
        )
        return Reply(Outcome.TRUNCATED, raw, usage=usage, reason=CUT_OFF.format("length"))
    status = getattr(error, "status_code", None)
    kind = f"HTTP {status}" if status else type(error).__name__
    return Reply(Outcome.ERROR, reason=f"{kind}: {_line(error)}")


def _line(error: Exception) -> str:
    return one_line(str(getattr(error, "message", None) or error), 300)
