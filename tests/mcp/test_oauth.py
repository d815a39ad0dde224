"""Tokens of an authorization server elsewhere: good ones get in, and everybody is told where to get one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dermtools.errors import DermtoolsError
from dermtools.images import data_url
from dermtools.mcp.http import HttpAddress
from dermtools.mcp.oauth import CLIENT_VARIABLE, AuthServer, SignedTokens
from dermtools.retrieval import CaseBase
from tests.support.auth_server import CLIENT, AuthorizationServer
from tests.support.loopback import body, served
from tests.support.mcp_processes import PATIENCE, HttpServer, http_server
from tests.support.mcp_requests import HEADERS, INITIALIZE, modern_call

RESOURCE = "https://derm.example/tools/mcp"
METADATA = "https://derm.example/.well-known/oauth-protected-resource/tools/mcp"


@pytest.fixture(scope="module")
def issuer() -> Iterator[AuthorizationServer]:
    with AuthorizationServer() as server:
        yield server


@pytest.fixture(scope="module")
def guarded(case_base: CaseBase, issuer: AuthorizationServer) -> Iterator[HttpServer]:
    """A server that takes tokens of `issuer` with the scope `cases`."""
    options = ("--public-url", RESOURCE, "--auth-server", issuer.url, "--scope", "cases")
    with http_server(case_base.path, *options) as server:
        yield server


def posted(server: HttpServer, token: str | None) -> httpx.Response:
    bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.post(server.url, json=INITIALIZE, headers={**HEADERS, **bearer}, timeout=PATIENCE)


def test_without_a_token_a_client_is_told_where_to_get_one(guarded: HttpServer, issuer: AuthorizationServer) -> None:
    refused = posted(guarded, None)
    assert refused.status_code == 401
    assert f'resource_metadata="{METADATA}"' in refused.headers["www-authenticate"]
    path = METADATA.removeprefix("https://derm.example")
    metadata = httpx.get(guarded.url.removesuffix("/mcp") + path, timeout=PATIENCE).json()
    assert metadata["resource"] == RESOURCE
    assert metadata["authorization_servers"] == [issuer.url]
    assert metadata["scopes_supported"] == ["cases"]
    assert httpx.get(guarded.url.removesuffix("/mcp") + "/healthz", timeout=PATIENCE).text == "ok"


async def test_with_a_good_token_the_client_works(guarded: HttpServer, issuer: AuthorizationServer) -> None:
    async with guarded.client(Authorization=f"Bearer {issuer.signed(RESOURCE)}") as client:
        assert (await client.list_tools()).tools
        assert not (await client.call_tool("get_case", {"case_id": "case:drawn_p01_1"})).is_error


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"aud": "https://other.example/mcp"}, 401),
        ({"aud": None}, 401),
        ({"iss": "https://other.example"}, 401),
        ({"exp": 1_000_000}, 401),
        ({"exp": None}, 401),
        ({"scope": "read"}, 403),
        ({"aud": ["https://other.example", RESOURCE + "/"]}, 200),
        ({"scope": None, "scp": ["cases"]}, 200),
    ],
    ids=str,
)
def test_a_token_must_be_for_this_server_and_not_be_over(
    guarded: HttpServer, issuer: AuthorizationServer, changed: dict[str, Any], status: int
) -> None:
    assert posted(guarded, issuer.signed(RESOURCE, **changed)).status_code == status


def test_a_token_of_nobody_is_refused(guarded: HttpServer, issuer: AuthorizationServer) -> None:
    claims = issuer.claims(RESOURCE)
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = jwt.encode(claims, None, "none")
    # The old trick: the public key as if it were a shared secret.
    shared = jwt.encode(claims, issuer.keys["keys"][0]["n"], "HS256", headers={"kid": "key-1"})
    for token in ("-", "x", "a.b.c", unsigned, shared, issuer.signed(RESOURCE, key=foreign), issuer.opaque(RESOURCE)):
        assert posted(guarded, token).status_code == 401


def test_a_session_belongs_to_who_opened_it(guarded: HttpServer, issuer: AuthorizationServer) -> None:
    session = posted(guarded, issuer.signed(RESOURCE)).headers["mcp-session-id"]
    request = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    for subject, status in (("user-1", 200), ("user-2", 404)):
        headers = {"Authorization": f"Bearer {issuer.signed(RESOURCE, sub=subject)}", "Mcp-Session-Id": session}
        reply = httpx.post(guarded.url, json=request, headers={**HEADERS, **headers}, timeout=PATIENCE)
        assert reply.status_code == status


async def test_opaque_tokens_are_asked_about(issuer: AuthorizationServer) -> None:
    verifier = AuthServer(issuer.url, RESOURCE, client=CLIENT).verifier()
    good = await verifier.verify_token(issuer.opaque(RESOURCE))
    assert good is not None
    assert (good.client_id, good.subject, good.scopes) == ("assistant", "user-1", ["cases", "read"])
    for token in ("never-issued", issuer.opaque("https://other.example"), issuer.opaque(RESOURCE, exp=1)):
        assert await verifier.verify_token(token) is None
    stranger = AuthServer(issuer.url, RESOURCE, client="stranger:secret").verifier()
    assert await stranger.verify_token(issuer.opaque(RESOURCE)) is None


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({"exp": None}, True),
        ({"exp": 0}, False),
        ({"exp": "tomorrow"}, False),
        ({"aud": 5}, False),
        ({"aud": {RESOURCE: 1}}, False),
        ({"scope": 5}, False),
    ],
    ids=str,
)
async def test_an_answer_of_another_shape_lets_nobody_in(changed: dict[str, Any], good: bool) -> None:
    """Whatever it says of the token: `null` is as good as nothing, and what cannot be read is no token."""
    with AuthorizationServer() as server:
        answer = {"active": True, **server.claims(RESOURCE), **changed}
        server.introspect = lambda _: answer  # type: ignore[method-assign]
        found = await AuthServer(server.url, RESOURCE, client=CLIENT).verifier().verify_token("opaque")
    assert (found is not None) == good


@pytest.mark.parametrize("keys", [b"<html>", b"\xff", b"[]", b'{"keys": 5}'])
async def test_keys_that_cannot_be_read_let_nobody_in(issuer: AuthorizationServer, keys: bytes) -> None:
    with served(body(keys)) as (port, _):
        verifier = SignedTokens(AuthServer(issuer.url, RESOURCE), f"http://127.0.0.1:{port}")
        assert await verifier.verify_token(issuer.signed(RESOURCE)) is None


@pytest.mark.parametrize(
    ("issuer_url", "resource", "client", "says"),
    [
        ("http://auth.example", RESOURCE, None, "https"),
        ("https://auth.example?x", RESOURCE, None, "query"),
        ("https://auth.example", "derm.example/mcp", None, "https"),
        ("https://auth.example", RESOURCE, "no-secret", CLIENT_VARIABLE),
    ],
)
def test_an_unsafe_set_up_is_refused(issuer_url: str, resource: str, client: str | None, says: str) -> None:
    with pytest.raises(DermtoolsError, match=says):
        AuthServer(issuer_url, resource, client=client)


def test_metadata_that_are_not_the_servers_own_are_refused(issuer: AuthorizationServer) -> None:
    foreign = body(b'{"issuer": "https://other.example", "jwks_uri": "https://other.example/keys"}')
    with served(foreign) as (port, _), pytest.raises(DermtoolsError, match=r"that of https://other\.example"):
        AuthServer(f"http://127.0.0.1:{port}", RESOURCE).verifier()
    with pytest.raises(DermtoolsError, match="no metadata"):
        AuthServer(f"{issuer.url}/realm", RESOURCE).verifier()
    with pytest.raises(DermtoolsError, match="cannot be asked"):
        AuthServer(f"http://127.0.0.1:{port}", RESOURCE).verifier()


def test_tokens_of_one_kind_only() -> None:
    with pytest.raises(DermtoolsError, match="one of them"):
        HttpAddress.parse("127.0.0.1:0", token="a-token-of-the-tests", auth=AuthServer("https://a.example", RESOURCE))
    assert (
        HttpAddress.parse("0.0.0.0:0", url=RESOURCE, auth=AuthServer("https://a.example", RESOURCE)).prefix == "/tools"
    )


def test_pictures_of_a_session_are_of_who_opened_it_by_the_newer_protocol_too(
    guarded: HttpServer, issuer: AuthorizationServer, drawn_jpeg: bytes
) -> None:
    """The protocol of 2026 has no sessions, and the SDK checks none: whoever knows the id must get nothing by it."""
    session = posted(guarded, issuer.signed(RESOURCE)).headers["mcp-session-id"]

    def failed(image: str, subject: str) -> tuple[bool, str]:
        body, headers = modern_call("search_similar_cases", {"image": image})
        headers |= {"Authorization": f"Bearer {issuer.signed(RESOURCE, sub=subject)}", "Mcp-Session-Id": session}
        result = httpx.post(guarded.url, json=body, headers=headers, timeout=PATIENCE).json()["result"]
        return result["isError"], result.get("structuredContent", {}).get("query", "")

    refused, handle = failed(data_url(drawn_jpeg), "user-1")
    assert not refused
    assert [failed(handle, subject)[0] for subject in ("user-1", "user-2")] == [False, True]
