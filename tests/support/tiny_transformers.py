"""Writes tiny transformers models with random weights, so that tests need no download."""

from __future__ import annotations

import shutil
from pathlib import Path

SPECIAL = ["[UNK]", "[PAD]", "[BOS]", "[EOS]"]
WORDS = [*SPECIAL, "a", "photograph", "of", "mole", "an", "ulcer", "the", "foot", "skin", "red", "dark", "lesion"]
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
VISION = {**SMALL, "image_size": 32, "patch_size": 8}
TEXT = {**SMALL, "vocab_size": len(WORDS), "max_position_embeddings": 12, "pad_token_id": 1, "eos_token_id": 3}


def write(folder: Path) -> Path:
    """Write the models into `folder`, each into one of its own; return `folder`."""
    import torch
    import transformers as hf
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    from dermtools.embedding.huggingface_loading import quiet

    words = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[("[BOS]", 2), ("[EOS]", 3)]
    )
    tokenizer = hf.PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", bos_token="[BOS]", eos_token="[EOS]"
    )
    square = {"height": 32, "width": 32}
    with quiet(hf):
        torch.manual_seed(0)
        made = {
            "vit": (hf.ViTModel(hf.ViTConfig(**VISION)), hf.ViTImageProcessor(size=square), None),
            "vit-classifier": (
                hf.ViTForImageClassification(hf.ViTConfig(**VISION)),
                hf.ViTImageProcessor(size=square),
                None,
            ),
            "dinov2": (
                hf.Dinov2Model(hf.Dinov2Config(**VISION)),
                hf.BitImageProcessor(size={"shortest_edge": 36}, crop_size=square),
                None,
            ),
            "clip": (
                hf.CLIPModel(hf.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=24)),
                hf.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=square),
                tokenizer,
            ),
            "siglip": (
                hf.SiglipModel(hf.SiglipConfig(text_config=TEXT, vision_config=VISION)),
                hf.SiglipImageProcessor(size=square),
                tokenizer,
            ),
            "bert": (hf.BertModel(hf.BertConfig(**SMALL, vocab_size=9)), hf.ViTImageProcessor(size=square), None),
        }
        for name, (model, processor, words_of) in made.items():
            for part in (model, processor, words_of):
                if part is not None:
                    part.save_pretrained(folder / name)
    return folder


def copied(models: Path, name: str, to: Path) -> Path:
    """A copy of one model, to be changed."""
    return Path(shutil.copytree(models / name, to / name))
