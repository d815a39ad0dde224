"""Logging in by tokens of an authorization server elsewhere: this server is a protected resource (RFC 9728).

The SDK refuses a request without a good token, and publishes where tokens come from; what makes a token good is here:
its signature by the authorization server's own keys (RFC 7519), or that server's word (introspection, RFC 7662). Either
way it must have been issued for this server and must not be over.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import httpx
import jwt
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.auth.settings import AuthSettings
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.routing import Router

from dermtools.errors import DermtoolsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

CLIENT_VARIABLE = "DERMTOOLS_MCP_CLIENT"
"""`ID:SECRET` by which this server asks the authorization server about tokens; without it, they are read as JWT."""
SECONDS = 10.0
"""For an answer of the authorization server."""
AT_ONCE = 8
"""Tokens under check at once; further ones wait."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair; never one by a shared secret, which a public key could be passed off as."""


@dataclass(frozen=True)
class AuthServer:
    """An authorization server that issues the tokens of this one.

    Args:
        issuer: its URL, as in its metadata (RFC 8414, or OpenID Connect's).
        resource: the URL of this server, which tokens must name as their audience.
        scopes: that every token must have.
        client: `ID:SECRET` for introspection; without it tokens are JWT, checked by the issuer's keys.

    Raises:
        DermtoolsError: a URL is not https (http only on loopback), or `client` has no colon.
    """

    issuer: str
    resource: str
    scopes: tuple[str, ...] = ()
    client: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for url in (self.issuer, self.resource):
            check_url(url)
        if self.client is not None and not all(self.client.partition(":")):
            raise DermtoolsError(f"{CLIENT_VARIABLE} must be ID:SECRET")

    @classmethod
    def of_environment(cls, issuer: str, resource: str, scopes: tuple[str, ...] = ()) -> AuthServer:
        """With `client` from the environment. Raises as the class."""
        return cls(issuer, resource, scopes, os.environ.get(CLIENT_VARIABLE) or None)

    def verifier(self) -> TokenVerifier:
        """What checks tokens, as the authorization server's metadata says.

        Raises:
            DermtoolsError: the metadata cannot be had, is another's, or names nothing to check tokens by.
        """
        metadata = _metadata(self.issuer)
        wanted = "jwks_uri" if self.client is None else "introspection_endpoint"
        if not isinstance(url := metadata.get(wanted), str):
            hint = "" if self.client else f"; where it issues opaque tokens, set {CLIENT_VARIABLE}=ID:SECRET"
            raise DermtoolsError(f"{self.issuer} names no {wanted} in its metadata{hint}")
        check_url(url)
        return SignedTokens(self, url) if self.client is None else IntrospectedTokens(self, url)

    def guard(self, app: ASGIApp, verifier: TokenVerifier) -> ASGIApp:
        """The application for those who bring a good token, and for everybody where to get one."""
        return _Guarded(app, self, verifier)


def check_url(url: str) -> None:
    """DermtoolsError unless it is https, or http on loopback, and nothing but scheme, host, port and path."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise DermtoolsError(f"{url} must be an https URL; http is for loopback only")
    if parts.query or parts.fragment or parts.username:
        raise DermtoolsError(f"{url} must have neither query, fragment nor user")


class _Verifier(TokenVerifier):
    """Asks `_claims` for a token's claims, and checks what both kinds of tokens have to say."""

    def __init__(self, server: AuthServer, url: str) -> None:
        self._server, self._url = server, url
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def verify_token(self, token: str) -> AccessToken | None:
        """The token's content; None where it is not good, or nobody can say."""
        claims = await self._claims(token)
        try:
            return None if claims is None else self._accepted(token, claims)
        except (TypeError, ValueError, OverflowError) as error:
            logger.warning("what the authorization server says of a token cannot be read (%s)", type(error).__name__)
            return None

    def _accepted(self, token: str, claims: Mapping[str, Any]) -> AccessToken | None:
        if claims.get("iss", self._server.issuer) != self._server.issuer:
            return None
        named = claims.get("aud") or []
        if not isinstance(named, str | list):
            raise TypeError("aud")
        audience = {str(one).rstrip("/") for one in ([named] if isinstance(named, str) else named)}
        if self._server.resource.rstrip("/") not in audience:
            logger.warning("a token was issued for another server")
            return None
        expires = None if (told := claims.get("exp")) is None else int(told)
        if expires is not None and expires <= time.time():  # here, since the SDK takes 0 for no end at all
            logger.warning("a token is over")
            return None
        scopes = claims.get("scope") or claims.get("scp") or []
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or claims.get("sub") or "unknown"),
            scopes=scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes],
            expires_at=expires,
            resource=self._server.resource,
            subject=str(claims["sub"]) if "sub" in claims else None,
            claims={"iss": self._server.issuer},
        )

    async def _claims(self, token: str) -> Mapping[str, Any] | None:
        raise NotImplementedError


class SignedTokens(_Verifier):
    """Tokens that are JWT (RFC 9068), by the keys that the authorization server publishes at `url`."""

    def __init__(self, server: AuthServer, url: str) -> None:
        super().__init__(server, url)
        self._keys = jwt.PyJWKClient(url, timeout=SECONDS)

    async def _claims(self, token: str) -> Mapping[str, Any] | None:
        return await anyio.to_thread.run_sync(self._read, token, limiter=self._limiter)

    def _read(self, token: str) -> Mapping[str, Any] | None:
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            options = {"require": ["exp", "iss", "aud"], "verify_aud": False}  # the audience is checked by our caller
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self._server.issuer,
                options=options,  # type: ignore[arg-type]
            )
        except (jwt.PyJWTError, OSError, ValueError) as error:  # keys that are no JSON are a ValueError
            logger.warning("a token was refused (%s)", type(error).__name__)
            return None
        return claims


class IntrospectedTokens(_Verifier):
    """Tokens of any form, by asking the authorization server at `url` about each."""

    async def _claims(self, token: str) -> Mapping[str, Any] | None:
        name, _, secret = (self._server.client or "").partition(":")
        async with self._limiter, httpx.AsyncClient(timeout=SECONDS, auth=(name, secret)) as client:
            try:
                reply = await client.post(self._url, data={"token": token}, headers={"Accept": "application/json"})
                claims = reply.raise_for_status().json()
            except (httpx.HTTPError, ValueError) as error:
                logger.warning("the authorization server could not be asked (%s)", type(error).__name__)
                return None
        return claims if isinstance(claims, dict) and claims.get("active") is True else None


class _Guarded:
    def __init__(self, app: ASGIApp, server: AuthServer, verifier: TokenVerifier) -> None:
        settings = AuthSettings.model_validate(
            {
                "issuer_url": server.issuer,
                "resource_server_url": server.resource,
                "required_scopes": list(server.scopes),
                "validate_token_resource": True,
            }
        )
        resource = settings.resource_server_url
        assert resource is not None
        published = create_protected_resource_routes(
            resource, [settings.issuer_url], list(server.scopes) or None, "dermtools: similar dermatology cases"
        )
        required = RequireAuthMiddleware(app, list(server.scopes), build_resource_metadata_url(resource))
        backend = BearerAuthBackend(verifier, resource_server_url=resource)
        self._app = app
        self._http = Router(published, default=AuthenticationMiddleware(required, backend=backend))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The router would keep the signs of start and end to itself, which the application waits for.
        await (self._app if scope["type"] == "lifespan" else self._http)(scope, receive, send)


def _metadata(issuer: str) -> dict[str, Any]:
    parts = urlsplit(issuer)
    host, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    places = (
        f"{host}/.well-known/oauth-authorization-server{path}",
        f"{host}/.well-known/openid-configuration{path}",
        f"{host}{path}/.well-known/openid-configuration",
    )
    for place in dict.fromkeys(places):
        try:
            reply = httpx.get(place, timeout=SECONDS, headers={"Accept": "application/json"})
            metadata = reply.json() if reply.status_code == 200 else None
        except httpx.HTTPError as error:
            raise DermtoolsError(
                f"{issuer} cannot be asked ({type(error).__name__}); is --auth-server right?"
            ) from error
        except ValueError:
            continue
        if isinstance(metadata, dict):
            if metadata.get("issuer") != issuer:
                said = str(metadata.get("issuer"))[:200]
                raise DermtoolsError(
                    f"the metadata of {issuer} is that of {said}; give --auth-server as it stands there"
                )
            return metadata
    raise DermtoolsError(f"{issuer} publishes no metadata (RFC 8414); is --auth-server right?")
