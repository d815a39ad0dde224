"""Posting JSON to a scoring endpoint of Azure, which is slow to wake, throttles, and sometimes fails.

What is in the bodies is never logged or quoted. A key from the environment, else an Entra token, proves who is asking.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import urlsplit

import httpx
import tenacity
from pydantic import Field

from dermtools.embedding.base import UnavailableError
from dermtools.embedding.options import Options
from dermtools.errors import EmbeddingError, MissingExtraError, require_extra
from dermtools.retry_after import retry_after

KEY_VARIABLES = ("MI2_API_KEY", "AZUREML_API_KEY")
ENTRA_SCOPE = "https://ml.azure.com/.default"

_FINAL = {
    400: "the request was refused as malformed",
    401: "the key or token was not accepted: check it, and that it belongs to this endpoint",
    403: "access is denied: the identity needs the right to score, and this network must be allowed",
    404: "nothing answers there: check the scoring URI (it ends in /score) and the deployment's name",
    405: "it takes no POST: check the scoring URI (it ends in /score)",
    413: "the request is too large: lower batch_size",
    415: "it takes no JSON: check the scoring URI",
    422: "the request was refused as unprocessable",
}
_RETRIED = {408, 424, 425, 429}
_BLAMED_ON_CONTENT = {400, 413, 422, 424, 500}
"""Statuses that one row of a batch can cause. Azure ML passes a failure inside the model on as 424."""


class RetryPolicy(Options):
    """How long to wait, how often to try, and when to give up.

    Waits are random and double from try to try (full jitter). An endpoint that was idle takes 30 to 90 s to answer
    its first request.
    """

    connect_timeout: ClassVar[float] = 10.0
    longest_wait: ClassVar[float] = 60.0

    attempts: int = Field(default=6, ge=1, description="tries a request")
    first_wait: float = Field(default=1.0, ge=0, description="longest first wait between tries, in seconds")
    total: float = Field(default=600.0, gt=0, description="seconds after which no further try starts")
    read_timeout: float = Field(default=120.0, gt=0, description="seconds to wait for a reply")


class EndpointError(UnavailableError):
    """A request failed; smaller ones may succeed if `content_to_blame`, the same one later if `transient`.

    `retry_after` is how many seconds the server asked to wait before it.
    """

    def __init__(
        self, message: str, *, content_to_blame: bool = False, transient: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.content_to_blame = content_to_blame
        self.transient = transient
        self.retry_after = retry_after


class Endpoint:
    """A JSON endpoint behind a bearer token. Safe to call from several threads; connects when first used.

    `token` is called before every try, so that an expiring one is renewed; None sends none. `concurrency` bounds the
    requests in flight over all threads. Raises as `checked_url`.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str] | None,
        headers: Mapping[str, str],
        concurrency: int,
        policy: RetryPolicy,
    ) -> None:
        self.url = url
        self._token = token
        self._policy = policy
        self._slots = threading.BoundedSemaphore(concurrency)
        timeout = httpx.Timeout(policy.read_timeout, connect=policy.connect_timeout, pool=None)
        self._client = httpx.Client(
            headers=dict(headers), timeout=timeout, follow_redirects=False, trust_env=not is_loopback(checked_url(url))
        )
        weakref.finalize(self, self._client.close)

    def post(self, body: bytes, *, abort: threading.Event, attempts: int | None = None) -> object:
        """Post encoded JSON and return the decoded reply. Retries what is worth it, until `abort` is set.

        `attempts` may be fewer than the policy's. Raises EndpointError: refused, or not answered within the policy.
        """
        policy = self._policy
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, EndpointError) and error.transient),
            stop=tenacity.stop_any(
                tenacity.stop_after_attempt(min(attempts or policy.attempts, policy.attempts)),
                tenacity.stop_before_delay(policy.total),
                tenacity.stop_when_event_set(abort),
            ),
            wait=self._wait,
            sleep=tenacity.sleep_using_event(abort),
            reraise=True,
        )
        return retrying(self._post_once, body, abort)

    def _post_once(self, body: bytes, abort: threading.Event) -> object:
        if abort.is_set():  # perhaps while waiting, which this ended
            raise EndpointError("not sent, because another request of the same call failed")
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        try:
            with self._slots:
                response = self._client.post(self.url, content=body, headers=headers)
        except httpx.TimeoutException as error:
            raise EndpointError(f"{self.url} did not answer in time", transient=True) from error
        except httpx.TransportError as error:
            lost = f"{self.url} dropped the connection ({type(error).__name__})"
            raise EndpointError(lost, transient=True) from error
        self._raise_for_status(response)
        try:
            return response.json()
        except ValueError as error:
            kind = response.headers.get("content-type", "no content type")
            raise EndpointError(f"{self.url} did not answer with JSON but {kind}: check the scoring URI") from error

    def _raise_for_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        blame = status in _BLAMED_ON_CONTENT
        if status in _RETRIED or status >= 500:
            message = f"{self.url} still answers HTTP {status}; try again later or with less concurrency"
            after = retry_after(response.headers)
            raise EndpointError(message, content_to_blame=blame, transient=True, retry_after=after)
        reason = _FINAL.get(status, "it redirects, which is not followed" if status < 400 else "it refused the request")
        raise EndpointError(f"{self.url} answers HTTP {status}: {reason}", content_to_blame=blame)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next try: what the server asked for and a little more, else random and growing."""
        policy, error = self._policy, state.outcome.exception() if state.outcome else None
        spread = tenacity.wait_random_exponential(policy.first_wait, policy.longest_wait)(state)
        asked = error.retry_after if isinstance(error, EndpointError) else None
        return spread if asked is None else asked + min(spread, policy.first_wait)


def checked_url(url: str) -> str:
    """`url`, to which a key may be sent: https, or http on a loopback address; else an EmbeddingError."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EmbeddingError("the scoring URI must hold no user, query or fragment; give the key by environment")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise EmbeddingError(f"the scoring URI must begin with https://, got {parts.scheme}://{parts.hostname or ''}")
    return url


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bearer_token(url: str) -> Callable[[], str] | None:
    """What gives the bearer token for a request to `url`; None for a server on this machine and no key.

    An EmbeddingError where the key cannot be sent in a header; a MissingExtraError without key and azure-identity.
    """
    for name in KEY_VARIABLES:
        if key := os.environ.get(name, "").strip():
            # An HTTP library would quote a key with a line break in it in its error.
            if not (key.isascii() and key.isprintable()) or " " in key:
                raise EmbeddingError(f"medimageinsight: the key in {name} holds spaces or other signs that no key has")
            return lambda: key
    return None if is_loopback(url) else _entra_token()


def _entra_token() -> Callable[[], str]:
    try:
        identity = require_extra("azure.identity", "azure")
    except MissingExtraError as error:
        raise MissingExtraError(
            f"medimageinsight: set {KEY_VARIABLES[0]}, or to sign in with Entra: {error}"
        ) from error
    refused = require_extra("azure.core.exceptions", "azure").AzureError
    # Its warnings say in many lines what the error then says in one.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    provider = identity.get_bearer_token_provider(identity.DefaultAzureCredential(), ENTRA_SCOPE)

    def token() -> str:
        try:
            return str(provider())
        except refused as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            advice = f"set {KEY_VARIABLES[0]} or sign in (az login)"
            raise EndpointError(f"medimageinsight: no key and no Entra token: {advice}; {reason}") from error

    return token
