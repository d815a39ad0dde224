from __future__ import annotations

import logging

import pytest

from dermtools.embedding import load_embedder
from dermtools.errors import EmbeddingError
from tests.support import embedding_endpoint as loopback


def test_key_is_sent_as_bearer_and_shown_nowhere(server, client, pictures, caplog):
    with caplog.at_level(logging.DEBUG):
        client.embed_images(pictures[:1])
        server.faults = [loopback.status(401)]
        with pytest.raises(EmbeddingError) as caught:
            client.embed_images(pictures[:1])
    assert server.headers[0]["authorization"] == "Bearer key-that-nobody-sees"
    seen = f"{client!r} {vars(client)} {vars(client._endpoint)} {client.spec} {client.identity!r} "
    assert "key-that-nobody-sees" not in seen + str(caught.value) + caplog.text
    assert "secret-of-the-server" not in str(caught.value) + caplog.text


def test_key_with_a_line_break_in_it_is_refused_unquoted(server, monkeypatch):
    monkeypatch.setenv("MI2_API_KEY", "half\nother")
    with pytest.raises(EmbeddingError, match="MI2_API_KEY") as caught:
        load_embedder(f"medimageinsight:{server.url}")
    assert "half" not in str(caught.value)


def test_local_server_needs_no_key(server, monkeypatch, pictures):
    monkeypatch.delenv("MI2_API_KEY")
    monkeypatch.delenv("AZUREML_API_KEY", raising=False)
    load_embedder(f"medimageinsight:{server.url}").embed_images(pictures[:1])
    assert "authorization" not in server.headers[0]


def test_second_name_of_the_key_is_known_too(server, monkeypatch):
    monkeypatch.delenv("MI2_API_KEY")
    monkeypatch.setenv("AZUREML_API_KEY", "other-key\n")
    load_embedder(f"medimageinsight:{server.url}").test_once()
    assert server.headers[0]["authorization"] == "Bearer other-key"


def test_without_key_an_entra_token_is_asked_for_and_its_lack_is_one_line(monkeypatch):
    pytest.importorskip("azure.identity")
    for name in ("MI2_API_KEY", "AZUREML_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    # A credential that answers at once, whatever this machine is signed in to.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    embedder = load_embedder("medimageinsight:https://endpoint.invalid/score")
    with pytest.raises(EmbeddingError, match="set MI2_API_KEY or sign in") as caught:
        embedder.test_once()
    assert "\n" not in str(caught.value)
