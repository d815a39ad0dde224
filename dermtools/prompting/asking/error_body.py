"""Errors as services write them into a reply's body, whatever HTTP status stands above it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dermtools.retry_after import retry_after
from dermtools.text import one_line

_NAMED = {
    429: r"rate.?limit|too.?many|throttl|exhausted|quota",
    503: r"overload|unavailable|capacity",
    504: r"time.?out|deadline",
    502: r"bad.?gateway|upstream|provider.?error",
    500: r"server.?error|internal",
    401: r"api.?key|authenticat|unauthori",
    403: r"permission|forbidden|denied",
    404: r"not.?found",
    402: r"payment|credits|billing",
    400: r"invalid|bad.?request|context.?length|unsupported|content.?(?:filter|policy)",
}
"""HTTP status to the words by which OpenAI, Google, Anthropic, OpenRouter and others name it."""
_PASSING = {
    429: r"rate.?limit|too many requests",
    503: r"overloaded|service (?:temporarily )?unavailable|temporarily",
    504: r"time[d-]?.?out",
    502: r"bad gateway",
}
_STATUS_OF_PAGE = re.compile(
    r"(?:^|<title>|<h1>|\berror(?: code)?:?)\s*(?:HTTP(?:/\d\S*)?\s+)?([45]\d\d)\b", re.IGNORECASE
)
_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')


@dataclass(frozen=True)
class ServiceError:
    """What a service says went wrong."""

    words: str
    """One line, as the service puts it."""
    status: int | None = None
    """The HTTP status that its code stands for; None where it names none."""
    wait: float | None = None
    """Seconds that it asks to wait."""


def read_error(content: bytes) -> ServiceError | None:
    """The error in the body of a reply that claims success; None where the body has an answer."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace").strip()
        found = _STATUS_OF_PAGE.search(text)
        words = one_line(re.sub(r"<(?:style|script).*?</(?:style|script)>|<[^>]*>", " ", text, flags=re.DOTALL), 200)
        return ServiceError(f"the reply is not JSON: {words or 'empty'}", int(found[1]) if found else None)
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        body = body[0]
    if not isinstance(body, Mapping):
        return ServiceError(f"the reply is {one_line(json.dumps(body), 60)}, not an answer")
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    error = body.get("error") or first.get("error")
    if error is True or (not error and "error" in (body.get("object"), body.get("type"))):
        error = {**body, "error": None}
    elif isinstance(error, str) and isinstance(body.get("message"), str):
        error = {**body, "error": None, "code": error}
    if error:
        return told(error)
    if first.get("finish_reason") == "error":
        return ServiceError("the provider broke off with an error that it does not name", 502)
    if body.get("status") == "failed":
        return ServiceError("the response failed; the service does not say why", 500)
    if isinstance(body.get("output"), list) or isinstance(first.get("message"), Mapping):
        return None
    if "choices" in body:
        return ServiceError("the reply has no message" if choices else "the reply has no choices")
    return told(body.get("errors") or body)


def told(error: Any) -> ServiceError:
    """An error object, or whatever stands in its place, in the forms that services give it."""
    if isinstance(error, list) and error:
        error = error[0]
    if not isinstance(error, Mapping):
        return ServiceError(_words(error), _in_words(error))
    inner = error.get("error")
    if isinstance(inner, Mapping):
        return told(inner)
    more = error.get("metadata")
    metadata: Mapping[str, Any] = more if isinstance(more, Mapping) else {}
    said = next((error[key] for key in ("message", "msg", "detail", "code", "type") if error.get(key)), error)
    raw = metadata.get("raw")
    words = ": ".join(dict.fromkeys([_words(said), *([_words(raw)] if raw else [])]))
    named = [_status(error.get(key)) for key in ("code", "status", "status_code", "http_code", "type")]
    status = next(filter(None, named), None) or _in_words(said)
    return ServiceError(words, status, _wait(error, metadata))


def _words(said: Any) -> str:
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return one_line(text, 300) or "an error without words"


def _status(code: Any) -> int | None:
    if isinstance(code, int | float) or (isinstance(code, str) and code.strip().isdecimal()):
        return int(code) if 400 <= int(code) <= 599 else None
    text = code if isinstance(code, str) else ""
    return next((status for status, words in _NAMED.items() if re.search(words, text, re.IGNORECASE)), None)


def _in_words(said: Any) -> int | None:
    """The status of a word that is a code, or of a sentence that says that the trouble may pass."""
    if not isinstance(said, str) or " " not in said.strip():
        return _status(said)
    return next((status for status, words in _PASSING.items() if re.search(words, said, re.IGNORECASE)), None)


def _wait(error: Mapping[str, Any], metadata: Mapping[str, Any]) -> float | None:
    """Seconds, from wherever a service writes them."""
    for place in (metadata, error):
        for key in ("retry_after_seconds", "retry_after"):
            if isinstance(place.get(key), int | float | str):
                return retry_after({"retry-after": str(place[key])})
    headers = metadata.get("headers")
    if isinstance(headers, Mapping):
        written = {str(name).lower(): str(value) for name, value in headers.items()}
        asked, reset = retry_after(written), written.get("x-ratelimit-reset", "")
        # OpenRouter's moment of the next try, in milliseconds since 1970.
        return max(0.0, int(reset) / 1000 - time.time()) if asked is None and reset.isdecimal() else asked
    delay = _DELAY.search(json.dumps(error, default=str).replace('\\"', '"'))
    return float(delay[1]) if delay else None
