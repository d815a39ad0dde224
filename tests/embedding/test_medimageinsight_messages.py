from __future__ import annotations

import math

import numpy as np
import pytest

from dermtools.embedding import PartialEmbeddingError
from dermtools.errors import EmbeddingError

SHAPES = {
    "flat vectors": lambda rows: [{**row, "image_features": row["image_features"][0]} for row in rows],
    "scaling factor in a list": lambda rows: [{**row, "scaling_factor": [row["scaling_factor"]]} for row in rows],
    "unknown extra fields": lambda rows: [{**row, "model": "x"} for row in rows],
    "rounded to half precision": lambda rows: [
        {**row, "image_features": np.float16(row["image_features"]).tolist()} for row in rows
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_reply_shape_is_accepted(server, client, pictures, shape):
    expected = client.embed_images(pictures[:2])
    server.reshape = SHAPES[shape]
    vectors = client.embed_images(pictures[:2])
    np.testing.assert_allclose(vectors, expected, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert client.logit_scale == pytest.approx(math.exp(4.51))


def test_single_row_may_come_without_a_list_around_it(server, client, pictures):
    expected = client.embed_images(pictures[:1])
    server.reshape = lambda rows: rows[0]
    np.testing.assert_array_equal(client.embed_images(pictures[:1]), expected)


def test_logit_scale_is_the_one_the_replies_tell(server, client):
    server.reshape = lambda rows: [{**row, "scaling_factor": 3.0} for row in rows]
    client.embed_texts(["a mole"])
    assert client.logit_scale == pytest.approx(math.exp(3.0))


BROKEN_ROWS = {
    "NaN": ({"image_features": [[math.nan] * 1024]}, "NaN"),
    "wrong norm": ({"image_features": [[1.0] * 1024]}, "norm 32"),
    "wrong size": ({"image_features": [[1.0]]}, r"shape \(1, 1\)"),
    "two vectors": ({"image_features": [[0.03125] * 1024] * 2}, r"shape \(2, 1024\)"),
    "ragged": ({"image_features": [[1.0], [1.0, 2.0]]}, "not a list of numbers"),
    "words": ({"image_features": ["a"]}, "not a list of numbers"),
    "null": ({"image_features": None}, "no image_features"),
    "missing": ({"error": "cannot decode"}, "no image_features"),
    "not an object": ("oops", "is str, not an object"),
}


@pytest.mark.parametrize("kind", BROKEN_ROWS)
def test_one_broken_row_in_a_reply_costs_one_row(server, client, pictures, kind):
    broken, reason = BROKEN_ROWS[kind]
    expected = client.embed_images(pictures[:3])
    server.reshape = lambda rows: [rows[0], broken, rows[2]]
    with pytest.raises(PartialEmbeddingError, match=reason) as caught:
        client.embed_images(pictures[:3])
    np.testing.assert_array_equal(caught.value.vectors[[0, 2]], expected[[0, 2]])
    assert np.isnan(caught.value.vectors[1]).all()


@pytest.mark.parametrize(
    ("reshape", "message"),
    [
        (lambda rows: rows[:-1], "replied with 1 rows to a request of 2"),
        (lambda rows: [*rows, rows[0]], "replied with 3 rows to a request of 2"),
        (lambda rows: "ok", "replied with str"),
        (lambda rows: {"output": rows}, "replied with 1 rows to a request of 2"),
        (lambda rows: [], "replied with 0 rows"),
    ],
)
def test_reply_whose_rows_cannot_be_told_apart_is_refused(server, client, pictures, reshape, message):
    server.reshape = reshape
    with pytest.raises(EmbeddingError, match=message):
        client.embed_images(pictures[:2])
