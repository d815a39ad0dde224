"""The HTTP client below OpenAI's: it leaves out parameters that a service refuses, and knows an error in a 200."""

from __future__ import annotations

import json
import logging
import re
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dermtools.prompting.asking.error_body import read_error

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel

logger = logging.getLogger(__name__)

IN_A_200 = "dermtools_error_in_a_200"
"""Key of the `ServiceError` in the `extensions` of a response that came with 200, and has another status since."""

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_SUCCESSORS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
# Not `store`: a service must never keep a picture because it did not know the word that forbids it.
_PARAMETERS = (
    *_LIMITS,
    *("temperature", "top_p", "top_k", "min_p", "seed", "stop", "n", "frequency_penalty", "presence_penalty"),
    *("repetition_penalty", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort", "reasoning", "verbosity"),
    *("parallel_tool_calls", "tool_choice", "strict", "stream_options", "service_tier", "metadata", "user"),
)
"""What may be left out of a request without changing what is asked; structured output has its own way down."""
_STATED = re.compile(r"[\"']param[\"']\s*:\s*[\"'](\w[^\"']*)[\"']")
_QUOTED = re.compile(r"([\"'`])([\w.\[\]]+)\1(?!\s*:)")
_SUPPLIED = re.compile(r"(?:argument|parameter|field|property)s?(?: supplied)?:\s*(\w+)", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.])(?:[a-z]+(?:_[a-z]+)+|temperature|seed|verbosity)(?!\w)", re.IGNORECASE)
"""Words that mean a parameter without quotes too; `stop` or `user` may be any word of a sentence."""
_TOO_MUCH = re.compile(r"too (?:large|high|big|many)|at most|maximum|less than|exceed|greater", re.IGNORECASE)


class Parameters:
    """What a service has refused so far, of one chat model. Safe for threads."""

    def __init__(self) -> None:
        self._refused: dict[str, str | None] = {}
        self._guard = threading.Lock()

    @property
    def left_out(self) -> list[str]:
        """The refused parameters, each with the name that it is sent by instead, if any."""
        refused = dict(self._refused)
        return [name if other is None else f"{name} (sent as {other})" for name, other in refused.items()]

    def fitted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request's body without what is known to be refused."""
        fitted = dict(body)
        for name, other in dict(self._refused).items():
            if name == "strict" and isinstance(fitted.get("tools"), list):
                fitted["tools"] = [_lax(tool) for tool in fitted["tools"]]
            if name in fitted:
                value = fitted.pop(name)
                if other is not None:
                    fitted[other] = value
        return fitted

    def learn(self, body: Mapping[str, Any], refusal: str) -> bool:
        """Whether a refusal names a parameter of this body, which is then left out from now on."""
        name = _named(body, refusal)
        if name is None:
            return False
        with self._guard:
            if name not in self._refused:
                other = None if _TOO_MUCH.search(refusal) else _SUCCESSORS.get(name)
                self._refused[name] = None if other in self._refused else other
                logger.warning("the service refuses a parameter, asked without it: %s", self.left_out[-1])
        return True


def _lax(tool: dict[str, Any]) -> dict[str, Any]:
    lax = {key: value for key, value in tool.items() if key != "strict"}
    return {**lax, "function": _lax(tool["function"])} if isinstance(tool.get("function"), dict) else lax


def _named(body: Mapping[str, Any], refusal: str) -> str | None:
    """The parameter of the body that a refusal states, else the first that it names in quotes, else in words."""
    text = refusal.replace('\\"', '"')
    present = {name for name in _PARAMETERS if name in body}
    if '"strict"' in json.dumps(body.get("tools")):
        present.add("strict")
    if stated := _STATED.search(text):
        return _parameter(stated[1], present)
    paths = [*(quoted for _, quoted in _QUOTED.findall(text)), *_SUPPLIED.findall(text), *_BARE.findall(text)]
    return next((name for path in paths if (name := _parameter(path, present))), None)


def _parameter(path: str, present: set[str]) -> str | None:
    """What a path such as `tools[0].function.strict` means among the parameters that are there."""
    words = [word for word in re.findall(r"[a-z_]+", path.casefold()) if word != "body"]
    if not words:
        return None
    name = "strict" if words[0] == "tools" and words[-1] == "strict" else words[0]
    # A limit on tokens has three names: the body's own counts.
    names = (name, *_LIMITS) if name in _LIMITS else (name,)
    return next((one for one in names if one in present), None)


class _Service:
    """What both clients do with requests and responses."""

    def __init__(self, parameters: Parameters, **options: Any) -> None:
        super().__init__(**options)
        self.parameters = parameters

    def _fitted(self, request: httpx2.Request) -> httpx2.Request:
        body = _body(request) if self.parameters.left_out else None
        fitted = self.parameters.fitted(body) if body is not None else None
        return request if fitted == body else _with(request, fitted)

    def _corrected(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Request | None:
        """The request to send instead, after a response that was read; its status becomes what its body says."""
        # A stream may come without its content type.
        streamed = response.content.lstrip().startswith((b"data:", b"event:", b":"))
        if response.status_code == 200 and not streamed and (error := read_error(response.content)) is not None:
            response.status_code = error.status or 400
            response.extensions[IN_A_200] = error
        body = _body(request) if response.status_code in (400, 422) else None
        if body is None or not self.parameters.learn(body, response.text):
            return None
        fitted = self.parameters.fitted(body)
        return None if fitted == body else _with(request, fitted)


def _body(request: httpx2.Request) -> dict[str, Any] | None:
    if request.method != "POST" or not request.headers.get("content-type", "").startswith("application/json"):
        return None
    body = json.loads(request.content)
    return body if isinstance(body, dict) else None


def _with(request: httpx2.Request, body: dict[str, Any] | None) -> httpx2.Request:
    headers = [(name, value) for name, value in request.headers.multi_items() if name.lower() != "content-length"]
    content = json.dumps(body).encode()
    return type(request)(request.method, request.url, headers=headers, content=content, extensions=request.extensions)


def _is_stream(response: httpx2.Response) -> bool:
    return response.status_code == 200 and response.headers.get("content-type", "").startswith("text/event-stream")


def service_clients() -> dict[str, Any]:
    """The clients that a chat model of langchain-openai takes: one for calls, one for asynchronous calls."""
    from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

    class Client(_Service, DefaultHttpxClient):
        def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            request = self._fitted(request)
            while True:
                response = super().send(request, **options)
                if _is_stream(response):
                    return response
                response.read()
                again = self._corrected(request, response)
                if again is None:
                    return response
                request = again

    class AsyncClient(_Service, DefaultAsyncHttpxClient):
        async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            request = self._fitted(request)
            while True:
                response = await super().send(request, **options)
                if _is_stream(response):
                    return response
                await response.aread()
                again = self._corrected(request, response)
                if again is None:
                    return response
                request = again

    parameters = Parameters()
    library = _http_library()
    # No asynchronous connection is kept: one that outlived its event loop would fail the next call.
    alone = {"limits": library.Limits(max_keepalive_connections=0), "verify": _certificates()}
    client = Client(parameters, verify=_certificates())
    # Not by __del__: in a cycle of garbage its sockets may be collected, each with a warning, before it is asked.
    weakref.finalize(client, _close, [client._transport, *client._mounts.values()]).atexit = False
    return {
        "http_client": client,
        "http_async_client": AsyncClient(parameters, **alone),
    }


def _close(transports: list[Any]) -> None:
    for transport in filter(None, transports):
        with suppress(RuntimeError, OSError):
            transport.close()


def _http_library() -> Any:
    """What OpenAI's client stands on: httpx, or httpx2 from its version 3 on."""
    from openai import DefaultHttpxClient

    return import_module(DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])


@cache
def _certificates() -> Any:
    """Read once: it takes longer than all else in setting up a model."""
    return _http_library().create_ssl_context()


def left_out(model: BaseChatModel) -> list[str]:
    """Parameters that the model's service has refused so far, and which are left out since."""
    parameters = getattr(getattr(model, "http_client", None), "parameters", None)
    return parameters.left_out if isinstance(parameters, Parameters) else []
