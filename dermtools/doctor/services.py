"""Whether the services that the environment names answer, and take the key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dermtools.doctor.finding import Finding
from dermtools.doctor.providers import PROVIDERS, Provider
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    import httpx

SECONDS = 5.0
"""Altogether: services are asked at once, and one that has not answered by then is not waited for."""
_MOST_BYTES = 2_000_000
_REFUSED = (401, 403)


@dataclass(frozen=True)
class Service:
    """A service that the environment names, and how it answered. The key is in none of it."""

    provider: str
    host: str
    """Host and port, without the rest of the address, which may hold secrets."""
    key: str | None
    """The variable that holds the key; None where there is none."""
    asked: str | None = None
    """What was sent there; None: nothing."""
    reachable: bool | None = None
    """None: not tried."""
    key_accepted: bool | None = None
    """None: no key was sent, or nothing is known."""
    models: int | None = None
    """How many it lists."""
    problem: str | None = None
    remedy: str | None = None
    missing_package: str | None = None


def services(
    environment: Mapping[str, str],
    *,
    contact: bool = True,
    seconds: float = SECONDS,
    providers: Iterable[Provider] = PROVIDERS,
) -> list[Service]:
    """Those for which a key or an address is set, each asked for its list of models, all at once.

    Args:
        environment: with keys and addresses.
        contact: else nothing is sent.
        seconds: to wait, for all together.
        providers: that may be set up.
    """
    there = [(one, place) for one in providers if (place := one.address(environment))]
    answers: dict[str, Service] = {}

    def run(provider: Provider, place: tuple[str, str]) -> None:
        answers[provider.name] = _asked(provider, place, provider.key(environment), contact, seconds)

    # Not waited for at the end of the process, as a pool's would be: looking up a name has no time limit.
    threads = [threading.Thread(target=run, args=one, daemon=True, name="doctor") for one in there]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    return [answers.get(one.name) or _silent(one, place, one.key(environment), seconds) for one, place in there]


def findings(found: Iterable[Service]) -> Iterator[Finding]:
    """What keeps a service from being used."""
    for one in found:
        if one.problem is not None:
            yield Finding(f"{one.provider}: {one.problem}", one.remedy or "look at its address and key")
        if one.missing_package is not None:
            what = f"{one.provider} is set up, and {one.missing_package} is not installed"
            yield Finding(what, f"pip install {one.missing_package}", serious=False)


def _asked(
    provider: Provider, place: tuple[str, str], key: tuple[str, str] | None, contact: bool, seconds: float
) -> Service:
    variable, address = place
    missing = provider.package if provider.needs_package else None
    url = _url(address)
    service = Service(provider.name, _host(url), key[0] if key else None, missing_package=missing)
    if url is None:
        remedy = f"set {variable} to an address that begins with https://"
        return replace(service, host=variable, problem=f"{variable} is no address", remedy=remedy)
    if key is not None and not _is_sendable(key[1]):
        # An HTTP library would quote a key with a line break in it in its error.
        remedy = f"set {key[0]} anew, without spaces and line breaks"
        return replace(service, problem=f"the key in {key[0]} holds signs that no key has", remedy=remedy)
    if not contact:
        return service
    try:
        return _answer(service, provider, url, key, seconds)
    except _NoAnswerError as error:
        remedy = f"look at {variable or 'the connection'}; without a connection: dermtools doctor --offline"
        return replace(service, reachable=False, problem=f"{service.host} {error}", remedy=remedy)


def _silent(provider: Provider, place: tuple[str, str], key: tuple[str, str] | None, seconds: float) -> Service:
    service = _asked(provider, place, key, False, seconds)
    problem = f"{service.host} did not answer in {seconds:g} seconds"
    remedy = "look at the connection; without one: dermtools doctor --offline"
    return service if service.problem else replace(service, reachable=False, problem=problem, remedy=remedy)


class _NoAnswerError(Exception):
    """There was none, and why."""


def _answer(
    service: Service, provider: Provider, url: SplitResult, key: tuple[str, str] | None, seconds: float
) -> Service:
    from dermtools.embedding.endpoint import is_loopback

    if not provider.path:
        _connected(url, seconds)
        return replace(service, asked="a connection alone", reachable=True)
    # In clear text, a key goes to this machine alone.
    told = key is not None and (url.scheme == "https" or is_loopback(url.geturl()))
    status, models = _listed(provider, url, key[1] if key and told else None, seconds)
    service = replace(service, asked="its list of models" + (", with the key" if told else ""), reachable=True)
    if status in _REFUSED:
        if told and key is not None:
            problem, remedy = f"{service.host} refuses the key", f"set {key[0]} to a key that is valid there"
            return replace(service, key_accepted=False, problem=problem, remedy=remedy)
        return service
    if status >= 500:
        return replace(service, problem=f"{service.host} answers HTTP {status}", remedy="try again later")
    return replace(service, models=models, key_accepted=True if told and status == 200 else None)


def _listed(provider: Provider, url: SplitResult, key: str | None, seconds: float) -> tuple[int, int | None]:
    """HTTP status, and how many models are listed. Nothing is followed: a key must not go elsewhere."""
    import httpx

    from dermtools.embedding.endpoint import is_loopback

    below, _, query = provider.path.partition("?")
    whole = url._replace(path=url.path.rstrip("/") + below, query=query, fragment="").geturl()
    try:
        with (
            httpx.Client(timeout=seconds, trust_env=not is_loopback(whole)) as client,
            client.stream("GET", whole, headers=provider.header(key) if key else {}) as answer,
        ):
            return answer.status_code, _count(answer) if answer.status_code == 200 else None
    except httpx.TimeoutException as error:
        raise _NoAnswerError(f"did not answer in {seconds:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = "its certificate is not trusted here" if "CERTIFICATE" in str(error) else "cannot be reached"
        raise _NoAnswerError(why) from error


def _count(answer: httpx.Response) -> int | None:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            return None
    try:
        given = parsed(body.decode())
    except ValueError:
        return None
    lists = [given.get(name) for name in ("data", "models")] if isinstance(given, dict) else []
    return next((len(one) for one in lists if isinstance(one, list)), None)


def _connected(url: SplitResult, seconds: float) -> None:
    import socket

    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), timeout=seconds).close()
    except OSError as error:
        raise _NoAnswerError("cannot be reached") from error


def _url(address: str) -> SplitResult | None:
    """The address, taken apart; None where it is none. Without http:// before it, as Ollama takes it, it is that."""
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        _ = url.port
    except ValueError:
        return None
    return url if url.scheme in ("http", "https") and url.hostname else None


def _host(url: SplitResult | None) -> str:
    return "" if url is None else f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def _is_sendable(key: str) -> bool:
    return key.isascii() and key.isprintable() and " " not in key
