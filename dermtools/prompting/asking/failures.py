"""What can go wrong with a call to a model: what may be tried again, and what a failed call means."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Mapping

# Here, not where it is used: threads that import it at once may meet it half loaded, and their calls fail.
import httpx

from dermtools.prediction import Outcome, TokenUsage
from dermtools.prompting.asking.error_body import ServiceError, told
from dermtools.prompting.asking.replies import CUT_OFF, Reply
from dermtools.prompting.asking.service import IN_A_200
from dermtools.retry_after import retry_after
from dermtools.text import one_line

_RETRYABLE_STATUS = {408, 409, 425, 429, 500, 502, 503, 504, *range(520, 525), 529}
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What a body that is not what the API promises surfaces as, straight from the client library."""
_AMBIGUOUS = (*_BROKEN, OSError)
_STREAMED = re.compile(r"(?:ResponseError\(code=')?([a-z]+(?:_[a-z]+)+)\b")
"""The code with which langchain-openai's exception for a failed stream of the Responses API begins."""
_NO_USE = {"insufficient_quota", "billing_hard_limit_reached"}
_FILTER_CODES = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_REFUSES = {
    "json_schema": re.compile(r"response_format|json_schema|structured|text\.format|schema", re.IGNORECASE),
    "tools": re.compile(r"tool|function", re.IGNORECASE),
}


def call_errors() -> tuple[type[Exception], ...]:
    """Exceptions that a call to a chat model may end in: LangChain's own, the loaded providers', a broken reply.

    Some of them are raised by other code too: `is_ours` says so of one that was caught.
    """
    from langchain_core.exceptions import LangChainException

    providers = {"openai": "OpenAIError", "anthropic": "AnthropicError", "google.genai.errors": "APIError"}
    loaded = [getattr(sys.modules.get(module), name, None) for module, name in providers.items()]
    return (LangChainException, httpx.HTTPError, OSError, *_BROKEN, *(error for error in loaded if error is not None))


def is_ours(error: Exception) -> bool:
    """Whether an exception that may be a broken reply comes from elsewhere: no provider's library parsed anything.

    Decided by the innermost frame that is either dermtools's or a LangChain partner package's.
    """
    if not isinstance(error, _AMBIGUOUS) or isinstance(error, ConnectionError | TimeoutError):
        return False
    frames = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    for package in (name.partition(".")[0] for name in reversed(frames)):
        if package == "dermtools":
            return True
        if package.startswith("langchain_") and package not in ("langchain_core", "langchain_classic"):
            return False
    return True


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed later: rate limit, server fault, lost connection, time-out."""
    from langchain_core.exceptions import ModelError

    if str(getattr(error, "code", None)) in _NO_USE:
        return False
    status = _status(error)
    if status is not None:
        return status in _RETRYABLE_STATUS
    if isinstance(error, ModelError):
        return error.is_retryable
    return isinstance(error, httpx.TransportError | ConnectionError | TimeoutError)


def requested_wait(error: BaseException | None) -> float | None:
    """Seconds that the service asks to wait; None where it does not say."""
    wait = retry_after(getattr(getattr(error, "response", None), "headers", None) or {})
    said = _said(error)
    return said.wait if wait is None and said is not None else wait


def _said(error: BaseException | None) -> ServiceError | None:
    """What the service says in the body that an exception carries; LangChain puts it into a ValueError."""
    if (hidden := _in_a_200(error)) is not None:
        return hidden
    body = getattr(error, "body", None)
    if body is None and isinstance(error, ValueError):
        body = error.args[0] if error.args and isinstance(error.args[0], Mapping) else None
        if body is None and (code := _STREAMED.match(str(error))):
            body = {"code": code[1], "message": str(error)}
    return told(body) if body else None


def _status(error: BaseException) -> int | None:
    """The HTTP status that a failed call came with or stands for."""
    status = getattr(error, "status_code", None)
    said = _said(error) if status is None else None
    return said.status if said is not None else status


def refuses_mode(error: BaseException, mode: str) -> bool:
    """Whether the service says that it does not know this mode of structured output."""
    refused = getattr(error, "status_code", None) in (400, 404, 422, 501) and not is_filtered(error)
    return refused and bool(_REFUSES[mode].search(str(error)))


def is_filtered(error: BaseException) -> bool:
    """Whether a content filter refused the request."""
    body = getattr(error, "body", None)
    codes = [getattr(error, "code", None)]
    if isinstance(body, Mapping):
        inner = body.get("innererror")
        codes += [body.get("code"), inner.get("code") if isinstance(inner, Mapping) else None]
    return any(str(code) in _FILTER_CODES for code in codes) or type(error).__name__ == "ContentFilterFinishReasonError"


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
    return Reply(Outcome.ERROR, reason=f"{_kind(error)}: {_line(error)}")


def _kind(error: Exception) -> str:
    if (hidden := _in_a_200(error)) is not None:
        return f"error {hidden.status} in an HTTP 200" if hidden.status else "HTTP 200 without an answer"
    status = _status(error)
    if status is None and isinstance(error, _AMBIGUOUS) and not isinstance(error, OSError):
        return "the service's reply cannot be read"
    return f"HTTP {status}" if status else type(error).__name__


def _in_a_200(error: BaseException | None) -> ServiceError | None:
    found = getattr(getattr(error, "response", None), "extensions", {}).get(IN_A_200)
    return found if isinstance(found, ServiceError) else None


def _line(error: Exception) -> str:
    said = _said(error)
    return one_line(said.words if said is not None else str(getattr(error, "message", None) or error), 300)
