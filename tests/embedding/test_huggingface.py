from __future__ import annotations

import json
import logging
import math

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import Embedder, TextEmbedder, load_embedder
from dermtools.errors import EmbeddingError
from tests.support.tiny_transformers import copied


@pytest.mark.parametrize("name", ["vit", "vit-classifier", "dinov2"])
def test_vision_encoder_embeds_pictures_and_has_no_texts(models, name, pictures):
    embedder = load_embedder(f"hf:{models / name}")
    assert isinstance(embedder, Embedder)
    assert not isinstance(embedder, TextEmbedder)
    vectors = embedder.embed_images(pictures)
    assert vectors.shape == (22, 32)
    assert embedder.image_side in (32, 36)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("name", "dimension"), [("clip", 24), ("siglip", 32)])
def test_dual_encoder_embeds_pictures_and_texts_into_one_space(models, name, dimension, pictures):
    embedder = load_embedder(f"hf:{models / name}")
    assert isinstance(embedder, TextEmbedder)
    texts = embedder.embed_texts(["a mole", "an ulcer of the foot", "red skin"])
    assert texts.shape == (3, dimension)
    assert embedder.embed_images(pictures[:2]).shape == (2, dimension)
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_dual_encoder_gives_the_models_own_features_and_scale(models, name, pictures):
    import torch
    import transformers as hf

    from dermtools.embedding.huggingface_loading import quiet

    with quiet(hf), torch.inference_mode():
        model = hf.AutoModel.from_pretrained(models / name).eval()
        processor = hf.AutoImageProcessor.from_pretrained(models / name, backend="pil")
        tokenizer = hf.AutoTokenizer.from_pretrained(models / name)
        output = model(
            pixel_values=processor(images=pictures[:3], return_tensors="pt").pixel_values,
            input_ids=tokenizer(["a mole"], padding="max_length", max_length=12, return_tensors="pt").input_ids,
        )
        scale = math.exp(model.logit_scale.item())
    embedder = load_embedder(f"hf:{models / name}")
    np.testing.assert_allclose(embedder.embed_images(pictures[:3]), output.image_embeds.numpy(), atol=1e-5)
    np.testing.assert_allclose(embedder.embed_texts(["a mole"]), output.text_embeds.numpy(), atol=1e-5)
    assert embedder.logit_scale == pytest.approx(scale)


def test_batches_keep_order_and_do_not_change_vectors(models, pictures):
    whole = load_embedder(f"hf:{models / 'clip'}?batch_size=64")
    parts = load_embedder(f"hf:{models / 'clip'}", batch_size=5)
    np.testing.assert_allclose(whole.embed_images(pictures), parts.embed_images(pictures), atol=1e-5)
    texts = ["a mole", "an ulcer of the foot", "red", "dark skin lesion", "a", "the foot", "mole"]
    np.testing.assert_allclose(whole.embed_texts(texts), parts.embed_texts(texts), atol=1e-5)


def test_nothing_in_nothing_out(models):
    embedder = load_embedder(f"hf:{models / 'clip'}")
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, 24)


def test_text_longer_than_the_model_reads_is_cut_and_told(models, caplog):
    embedder = load_embedder(f"hf:{models / 'clip'}")
    with caplog.at_level(logging.WARNING):
        long, same = embedder.embed_texts(["mole " * 30, "mole " * 40])
    np.testing.assert_allclose(long, same, atol=1e-6)
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("a text of 32 tokens is cut")
    assert "mole" not in caplog.text


def test_poolings_differ_and_are_part_of_the_identity(models, pictures):
    embedders = [load_embedder(f"hf:{models / 'vit'}", pool=pool) for pool in ("pooler", "cls", "mean")]
    vectors = [embedder.embed_images(pictures[:1]) for embedder in embedders]
    assert len({embedder.identity.preprocessing for embedder in embedders}) == 3
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
    assert not np.allclose(vectors[1], vectors[2], atol=1e-3)
    assert load_embedder(f"hf:{models / 'vit'}").identity == embedders[0].identity


def test_dual_encoder_takes_no_pooling(models):
    with pytest.raises(EmbeddingError, match="dual encoder, whose pooling is part of it"):
        load_embedder(f"hf:{models / 'clip'}?pool=mean")


def test_identity_depends_on_weights_and_preprocessing_but_not_on_place(models, tmp_path):
    identity = load_embedder(f"hf:{models / 'vit'}").identity
    copy = copied(models, "vit", tmp_path)
    assert load_embedder(f"hf:{copy}").identity == identity
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps({**settings, "image_mean": [0, 0, 0]}))
    assert load_embedder(f"hf:{copy}").identity.preprocessing != identity.preprocessing
    assert load_embedder(f"hf:{models / 'vit-classifier'}").identity.revision != identity.revision


def test_spec_makes_the_same_embedder_again(models, monkeypatch):
    monkeypatch.chdir(models)
    embedder = load_embedder("hf:./vit?pool=mean&batch_size=3")
    assert embedder.spec == f"hf:{models / 'vit'}?pool=mean"
    monkeypatch.chdir("/")
    assert load_embedder(embedder.spec).identity == embedder.identity


def test_picture_with_transparency_is_laid_on_white(models):
    embedder = load_embedder(f"hf:{models / 'vit'}")
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    white = Image.new("RGB", (40, 40), (255, 255, 255))
    np.testing.assert_allclose(embedder.embed_images([clear]), embedder.embed_images([white]), atol=1e-6)
