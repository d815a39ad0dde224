from __future__ import annotations

import json

import pytest

from dermtools.embedding import TextEmbedder, load_embedder
from dermtools.errors import EmbeddingError
from tests.support.tiny_transformers import copied


def test_pooling_head_that_the_checkpoint_lacks_is_not_used(models):
    embedder = load_embedder(f"hf:{models / 'vit-classifier'}")
    assert "-cls-" in embedder.identity.preprocessing
    with pytest.raises(EmbeddingError, match="weights of its pooling head are missing; use pool=cls or pool=mean"):
        load_embedder(f"hf:{models / 'vit-classifier'}?pool=pooler")


def test_missing_weights_are_an_error_and_never_random(models, tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = copied(models, "dinov2", tmp_path)
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if "attention" in name)
    del weights[lost]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EmbeddingError, match=r"lacks 1 weights such as .*; they would be random numbers"):
        load_embedder(f"hf:{folder}")


def test_weights_of_another_shape_are_an_error(models, tmp_path):
    folder = copied(models, "vit", tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 40}))
    with pytest.raises(EmbeddingError, match=f"hf:{folder}") as caught:
        load_embedder(f"hf:{folder}")
    assert "\n" not in str(caught.value)


def test_pickled_weights_are_never_opened(models, tmp_path):
    import torch
    from safetensors.torch import load_file

    folder = copied(models, "vit", tmp_path)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EmbeddingError, match=r"pickled ones \(\.bin, \.pt\) are never opened"):
        load_embedder(f"hf:{folder}")


def test_code_beside_the_weights_is_never_run(models, tmp_path):
    folder = copied(models, "vit", tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    with pytest.raises(EmbeddingError, match="cannot be loaded") as caught:
        load_embedder(f"hf:{folder}")
    assert not (tmp_path / "ran").exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config.json", "no config.json"),
        ("preprocessor_config.json", "no preprocessor_config.json"),
        ("model.safetensors", "no *.safetensors weights"),
    ],
)
def test_incomplete_folder_is_an_error_that_names_what_is_missing(models, tmp_path, file, message):
    folder = copied(models, "vit", tmp_path)
    (folder / file).unlink()
    with pytest.raises(EmbeddingError) as caught:
        load_embedder(f"hf:{folder}")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_an_error_of_one_line(models, tmp_path):
    folder = copied(models, "vit", tmp_path)
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:900])
    with pytest.raises(EmbeddingError, match="cannot be loaded") as caught:
        load_embedder(f"hf:{folder}")
    assert "\n" not in str(caught.value)


def test_text_model_is_refused(models):
    with pytest.raises(EmbeddingError, match="neither a vision encoder nor a dual encoder"):
        load_embedder(f"hf:{models / 'bert'}")


@pytest.mark.parametrize("name", ["", "./no-such-folder", "no/such/model/name", "owner/model-that-is-nowhere"])
def test_no_such_model_is_an_error_of_one_line(name, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EmbeddingError, match="hf:") as caught:
        load_embedder(f"hf:{name}")
    assert "\n" not in str(caught.value)


def test_unknown_device_is_an_error_of_one_line(models):
    with pytest.raises(EmbeddingError, match="cannot be loaded") as caught:
        load_embedder(f"hf:{models / 'vit'}?device=abacus")
    assert "\n" not in str(caught.value)


def test_loading_is_silent_and_leaves_transformers_log_level_alone(models, capfd):
    import transformers

    level = transformers.utils.logging.get_verbosity()
    capfd.readouterr()
    load_embedder(f"hf:{models / 'vit-classifier'}")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert transformers.utils.logging.get_verbosity() == level
    assert transformers.utils.logging.is_progress_bar_enabled()


def test_dual_encoder_without_a_vocabulary_embeds_pictures_only(models, tmp_path):
    folder = copied(models, "clip", tmp_path)
    for file in folder.glob("tokenizer*"):
        file.unlink()
    embedder = load_embedder(f"hf:{folder}")
    assert not isinstance(embedder, TextEmbedder)
    assert embedder.dimension == 24
