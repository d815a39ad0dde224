from __future__ import annotations

import base64
import io
import logging
import threading

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import Embedder, PartialEmbeddingError, TextEmbedder, load_embedder
from dermtools.embedding.self_test import SelfTesting
from dermtools.errors import EmbeddingError
from tests.support import embedding_endpoint as loopback


def reference(picture: Image.Image, server) -> np.ndarray:
    """The vector of one picture, asked for alone."""
    return load_embedder(f"medimageinsight:{server.url}").embed_images([picture])[0]


def test_loading_and_looking_at_it_sends_nothing(server):
    embedder = load_embedder(f"medimageinsight:{server.url}")
    assert isinstance(embedder, TextEmbedder)
    assert isinstance(embedder, SelfTesting)
    assert isinstance(embedder, Embedder)
    assert (embedder.dimension, embedder.image_side, embedder.identity.normalized) == (1024, 512, True)
    assert server.bodies == []


def test_first_use_costs_one_request_with_two_drawn_pictures_once(server, pictures):
    embedder = load_embedder(f"medimageinsight:{server.url}")
    embedder.embed_images(pictures[:1])
    embedder.embed_images(pictures[:1])
    assert server.batch_sizes == [2, 1, 1]


def test_endpoint_that_gives_every_picture_one_vector_fails_the_self_test(server, pictures):
    server.reshape = lambda rows: [rows[0]] * len(rows)
    embedder = load_embedder(f"medimageinsight:{server.url}")
    with pytest.raises(EmbeddingError, match="two different pictures have the same vector"):
        embedder.embed_images(pictures[:2])


def test_request_has_the_documented_form(server, client, pictures):
    client.embed_images(pictures[:2])
    body = server.bodies[0]
    assert set(body) == {"input_data", "params"}
    assert body["params"] == {"get_scaling_factor": True}
    assert body["input_data"]["columns"] == ["image", "text"]
    assert body["input_data"]["index"] == [0, 1]
    image, text = body["input_data"]["data"][0]
    assert text == ""
    with Image.open(io.BytesIO(base64.b64decode(image))) as sent:
        assert (sent.format, sent.mode, sent.size) == ("JPEG", "RGB", (512, 512))


def test_rows_come_back_in_order_over_several_batches(server, client, pictures):
    vectors = client.embed_images(pictures)
    assert vectors.shape == (22, 1024)
    assert vectors.dtype == np.float32
    assert sorted(server.batch_sizes) == [6, 16]
    for row in (0, 15, 16, 21):
        np.testing.assert_array_equal(vectors[row], reference(pictures[row], server))


def test_no_more_requests_in_flight_than_allowed_over_all_callers(server, pictures):
    embedder = load_embedder(f"medimageinsight:{server.url}?batch_size=1&concurrency=3")
    embedder.test_once()
    server.awaited_in_flight = 3
    callers = [threading.Thread(target=embedder.embed_images, args=(pictures[:8],)) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert server.most_in_flight == 3


def test_requests_stay_below_the_byte_limit(server, pictures):
    embedder = load_embedder(f"medimageinsight:{server.url}?max_request_bytes=1&concurrency=1")
    embedder.embed_images(pictures[:3])
    assert server.batch_sizes == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("nest", [False, True])
def test_texts_are_embedded_nested_or_flat(server, client, nest):
    if nest:
        server.reshape = lambda rows: [{**row, "text_features": [row["text_features"]]} for row in rows]
    vectors = client.embed_texts(["a mole", "an ulcer"])
    assert vectors.shape == (2, 1024)
    assert not np.allclose(vectors[0], vectors[1])
    assert server.bodies[0]["input_data"]["data"] == [["", "a mole"], ["", "an ulcer"]]


def test_empty_text_costs_its_own_row_only_and_is_not_sent(server, client):
    with pytest.raises(PartialEmbeddingError, match="row 1: the text is empty") as caught:
        client.embed_texts(["a mole", " ", "an ulcer"])
    assert list(caught.value.reasons) == [1]
    assert np.isfinite(caught.value.vectors[[0, 2]]).all()
    assert server.batch_sizes == [2]


def test_text_longer_than_the_model_reads_is_told(server, client, caplog):
    with caplog.at_level(logging.WARNING):
        client.embed_texts(["mole " * 75, "mole " * 76])
    assert len(caplog.messages) == 1
    assert caplog.messages[0] == "a text of 78 or more tokens is cut: MedImageInsight reads 77"


def test_nothing_in_nothing_out(server, client):
    assert client.embed_images([]).shape == (0, 1024)
    assert client.embed_texts([]).shape == (0, 1024)
    assert server.bodies == []


@pytest.mark.parametrize("code", [400, 413, 422, 424, 500])
def test_one_bad_row_in_a_batch_costs_one_row(server, client, pictures, code):
    client.embed_images(pictures[5:6])
    bad = server.bodies[0]["input_data"]["data"][0][0]
    server.refuse = lambda data: code if any(image == bad for image, _ in data) else None
    with pytest.raises(PartialEmbeddingError, match=f"HTTP {code}") as caught:
        client.embed_images(pictures)
    assert list(caught.value.reasons) == [5]
    assert np.isfinite(np.delete(caught.value.vectors, 5, axis=0)).all()
    server.refuse = lambda data: None
    np.testing.assert_array_equal(caught.value.vectors[6], client.embed_images(pictures[6:7])[0])


def test_endpoint_that_refuses_every_row_is_an_error_not_a_partial_result(server, client, pictures):
    server.refuse = lambda data: 422
    with pytest.raises(EmbeddingError, match="no row of 4 could be embedded") as caught:
        client.embed_images(pictures[:4])
    assert not isinstance(caught.value, PartialEmbeddingError)


def test_final_fault_ends_the_whole_call_without_trying_the_other_batches(server, pictures):
    embedder = load_embedder(f"medimageinsight:{server.url}?batch_size=1&concurrency=1")
    embedder.test_once()
    server.bodies.clear()
    server.faults = [loopback.status(401)] * 22
    with pytest.raises(EmbeddingError, match="HTTP 401"):
        embedder.embed_images(pictures)
    assert len(server.bodies) <= 3


def test_final_fault_in_one_batch_wakes_another_that_waits_for_its_retry(server, pictures):
    embedder = load_embedder(f"medimageinsight:{server.url}?batch_size=1&concurrency=2")
    embedder.test_once()
    server.bodies.clear()
    server.faults = [loopback.status(503, Retry_After="60"), loopback.status(403)]
    with pytest.raises(EmbeddingError, match="HTTP"):
        embedder.embed_images(pictures[:2])
    # Whoever waits out the minute sends a third request.
    assert len(server.bodies) == 2


def test_deployment_option_becomes_the_header(server):
    load_embedder(f"medimageinsight:{server.url}?deployment=blue").test_once()
    assert server.headers[0]["azureml-model-deployment"] == "blue"


def test_endpoint_comes_from_the_environment_and_then_not_into_the_spec(server, monkeypatch):
    monkeypatch.setenv("MI2_MODEL_ENDPOINT", server.url)
    embedder = load_embedder("medimageinsight?revision=7&concurrency=2")
    embedder.test_once()
    assert embedder.spec == "medimageinsight?revision=7"
    assert embedder.identity.revision == "7"
    assert len(server.bodies) == 1


def test_spec_makes_the_same_embedder_again(server):
    embedder = load_embedder(f"medimageinsight:{server.url}?deployment=blue", revision="2")
    again = load_embedder(embedder.spec)
    assert embedder.spec == f"medimageinsight:{server.url}?deployment=blue&revision=2"
    assert (again.spec, again.identity) == (embedder.spec, embedder.identity)


def test_without_an_endpoint_the_error_names_the_variable(monkeypatch):
    monkeypatch.delenv("MI2_MODEL_ENDPOINT", raising=False)
    with pytest.raises(EmbeddingError, match="MI2_MODEL_ENDPOINT"):
        load_embedder("medimageinsight")
