from __future__ import annotations

import csv
import os

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import PartialEmbeddingError, load_embedder, open_for_embedding
from dermtools.errors import EmbeddingError
from tests.support import tiny_onnx


def flat(*colour: int) -> Image.Image:
    return Image.new("RGB", (50, 40), colour)


def test_vectors_are_normalised_unless_told_otherwise(means):
    embedder = load_embedder(f"onnx:{means}")
    assert embedder.identity.normalized
    assert np.linalg.norm(embedder.embed_images([flat(9, 200, 30)])[0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("axes", [[1, 2], [1, 3], [2, 3]])
def test_extra_dimensions_of_one_are_squeezed(tmp_path, axes):
    model = tiny_onnx.write(tmp_path / "m.onnx", tiny_onnx.node("ReduceMean", ["x"], "y", axes=axes, keepdims=1))
    embedder = load_embedder(f"onnx:{model}")
    assert embedder.embed_images([flat(1, 2, 3), flat(90, 2, 3)]).shape == (2, embedder.dimension)


def test_tokens_need_a_pooling(tmp_path):
    model = tiny_onnx.write(tmp_path / "m.onnx", tiny_onnx.node("ReduceMean", ["x"], "y", axes=[2], keepdims=0))
    plain = "normalize=false&scale=1&mean=0,0,0&std=1,1,1"
    with pytest.raises(EmbeddingError, match=r"shape \(1, 3, 6\), not one vector a picture; .*pool=mean"):
        load_embedder(f"onnx:{model}")
    first = load_embedder(f"onnx:{model}?pool=cls&{plain}").embed_images([flat(6, 9, 0)])
    mean = load_embedder(f"onnx:{model}?pool=mean&{plain}").embed_images([flat(6, 9, 0)])
    np.testing.assert_allclose(first, [[6] * 6], rtol=1e-6)
    np.testing.assert_allclose(mean, [[5] * 6], rtol=1e-6)


def test_feature_map_is_pooled_over_its_area(tmp_path):
    model = tiny_onnx.write(tmp_path / "m.onnx", tiny_onnx.node("Relu", ["x"], "y"))
    with pytest.raises(EmbeddingError, match="pool=mean"):
        load_embedder(f"onnx:{model}")
    embedder = load_embedder(f"onnx:{model}?pool=mean&normalize=false&scale=1&mean=0,0,0&std=1,1,1")
    np.testing.assert_allclose(embedder.embed_images([flat(6, 9, 0)]), [[6, 9, 0]])


def test_batches_keep_order_and_do_not_change_vectors(means, pictures):
    whole = load_embedder(f"onnx:{means}").embed_images(pictures)
    parts = load_embedder(f"onnx:{means}", batch_size=5, threads=1).embed_images(pictures)
    np.testing.assert_allclose(whole, parts, atol=1e-6)
    assert whole.shape == (22, 3)


def test_model_that_takes_one_picture_at_a_time_gets_one_at_a_time(tmp_path, means, pictures):
    single = tiny_onnx.write(tmp_path / "single.onnx", shape=(1, 3, 4, 6))
    vectors = load_embedder(f"onnx:{single}").embed_images(pictures)
    np.testing.assert_allclose(vectors, load_embedder(f"onnx:{means}").embed_images(pictures), atol=1e-6)


def test_no_pictures_give_no_rows(means):
    assert load_embedder(f"onnx:{means}").embed_images([]).shape == (0, 3)


def test_picture_without_a_direction_is_lost_alone(means):
    embedder = load_embedder(f"onnx:{means}?scale=1&mean=0,0,0&std=1,1,1")
    with pytest.raises(PartialEmbeddingError, match="row 1: the model returned a vector of zeros"):
        embedder.embed_images([flat(1, 2, 3), flat(0, 0, 0)])


def test_identity_depends_on_weights_and_preprocessing_but_not_on_speed_or_place(means, tmp_path):
    identity = load_embedder(f"onnx:{means}").identity
    (tmp_path / "elsewhere").mkdir()
    copy = tmp_path / "elsewhere" / "means.onnx"
    copy.write_bytes(means.read_bytes())
    other = tiny_onnx.write(tmp_path / "elsewhere" / "other.onnx", metadata={"note": "retrained"})
    assert load_embedder(f"onnx:{copy}?threads=1&batch_size=2").identity == identity
    assert load_embedder(f"onnx:{other}").identity.revision != identity.revision
    assert load_embedder(f"onnx:{means}?resize=crop").identity != identity
    assert len(identity.revision) == 16


def test_spec_holds_the_absolute_path_and_makes_the_same_embedder_again(means, monkeypatch):
    monkeypatch.chdir(means.parent)
    embedder = load_embedder("onnx:means.onnx?mean=0.5,0.5,0.5&threads=1", resize="pad")
    assert embedder.spec == f"onnx:{means}?mean=0.5,0.5,0.5&resize=pad"
    monkeypatch.chdir("/")
    assert load_embedder(embedder.spec).identity == embedder.identity


def test_model_whose_weights_are_zero_fails_the_self_test(tmp_path):
    zero = tiny_onnx.initializer("zero", np.zeros((1, 3, 1, 1)))
    nodes = tiny_onnx.node("Mul", ["x", "zero"], "black"), tiny_onnx.node("GlobalAveragePool", ["black"], "y")
    with pytest.raises(EmbeddingError, match="vector of zeros"):
        load_embedder(f"onnx:{tiny_onnx.write(tmp_path / 'm.onnx', *nodes, initializers=[zero])}")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\x07:\x00"])
def test_file_that_is_no_model_is_an_error_of_one_line(tmp_path, content, capfd):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(EmbeddingError, match=r"m\.onnx") as caught:
        load_embedder(f"onnx:{tmp_path / 'm.onnx'}")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_revision_depends_on_weights_beside_the_model_too(tmp_path):
    weights = tiny_onnx.external_initializer("w", (1, 3, 1, 1), "m.weights")
    nodes = tiny_onnx.node("Mul", ["x", "w"], "z"), tiny_onnx.node("GlobalAveragePool", ["z"], "y")
    model = tiny_onnx.write(tmp_path / "m.onnx", *nodes, initializers=[weights])
    revisions = set()
    for value in (1, 2):
        np.full(3, value, "<f4").tofile(tmp_path / "m.weights")
        revisions.add(load_embedder(f"onnx:{model}").identity.revision)
    assert len(revisions) == 2


def test_missing_external_weights_are_named(tmp_path):
    weights = tiny_onnx.external_initializer("w", (1, 3, 1, 1), "weights.bin")
    model = tiny_onnx.write(tmp_path / "m.onnx", tiny_onnx.node("Mul", ["x", "w"], "y"), initializers=[weights])
    with pytest.raises(EmbeddingError, match=r"weights\.bin") as caught:
        load_embedder(f"onnx:{model}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("rest", "message"), [("", "onnx:FILE"), (":", "onnx:FILE"), (":none.onnx", "no model file")])
def test_no_such_model_is_an_error(rest, message):
    with pytest.raises(EmbeddingError, match=message):
        load_embedder(f"onnx{rest}")


def test_real_encoder_tells_real_photographs_apart(encoder, photographs):
    """Bare, as it lies there: leave-one-out vote of the five nearest, over forty photographs of each of two kinds."""
    with photographs.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    rows = [row for kind in ("BCC", "NEV") for row in [row for row in table if row["diagnosis"] == kind][:40]]
    spec = f"onnx:{os.path.relpath(encoder)}"
    embedder = load_embedder(spec)
    vectors = embedder.embed_images([open_for_embedding(photographs.parent / row["file"], embedder) for row in rows])
    assert vectors.shape == (80, 1024)
    labels = np.array([row["diagnosis"] == "NEV" for row in rows])
    groups = np.array([row["group_id"] for row in rows])
    similarity = vectors @ vectors.T
    similarity[groups[:, None] == groups[None]] = -2
    nearest = np.argsort(-similarity, axis=1)[:, :5]
    accuracy = float(((labels[nearest].mean(axis=1) > 0.5) == labels).mean())
    assert accuracy > 0.7
