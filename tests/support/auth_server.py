"""An authorization server on this machine that enforces: metadata, keys, and introspection for known clients only."""

from __future__ import annotations

import base64
import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.support.loopback import LoopbackServer

CLIENT = "dermtools:a-secret-of-the-tests"
KEY = "key-1"


class AuthorizationServer(LoopbackServer):
    """Issues tokens for a resource, signed (`signed`) or without meaning (`opaque`), and answers about them."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._opaque: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Paths of all requests."""
        super().__init__(type("Handler", (_Handler,), {"server_of_tests": self}))

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "introspection_endpoint": f"{self.url}/introspect",
            "response_types_supported": ["code"],
        }

    @property
    def keys(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY, "use": "sig", "alg": "RS256"}]}

    def claims(self, resource: str, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": resource, "sub": "user-1", "client_id": "assistant", "scope": "cases read"}
        made = {**usual, "iat": now, "exp": now + 600, **changed}
        return {name: value for name, value in made.items() if value is not None}

    def signed(self, resource: str, *, key: rsa.RSAPrivateKey | None = None, **changed: Any) -> str:
        return jwt.encode(self.claims(resource, **changed), key or self._private, "RS256", headers={"kid": KEY})

    def opaque(self, resource: str, **changed: Any) -> str:
        token = f"opaque-{len(self._opaque)}"
        self._opaque[token] = self.claims(resource, **changed)
        return token

    def introspect(self, token: str) -> dict[str, Any]:
        claims = self._opaque.get(token)
        if claims is None or claims.get("exp", 0) < time.time():
            return {"active": False}
        return {"active": True, **claims}


class _Handler(BaseHTTPRequestHandler):
    server_of_tests: AuthorizationServer

    def do_GET(self) -> None:
        own = self.server_of_tests
        own.asked.append(self.path)
        known = {"/.well-known/oauth-authorization-server": own.metadata, "/keys": own.keys}
        self._send(200 if self.path in known else 404, known.get(self.path, {}))

    def do_POST(self) -> None:
        own = self.server_of_tests
        own.asked.append(self.path)
        body = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        expected = "Basic " + base64.b64encode(CLIENT.encode()).decode()
        if self.path != "/introspect":
            self._send(404, {})
        elif self.headers["authorization"] != expected:
            self._send(401, {"error": "invalid_client"})
        elif len(body.get("token", [])) != 1:
            self._send(400, {"error": "invalid_request"})
        else:
            self._send(200, own.introspect(body["token"][0]))

    def _send(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""
