"""`hf:MODEL_OR_FOLDER`: vision encoders (ViT, DINOv2, ...) and dual encoders (CLIP, SigLIP) of transformers."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from dermtools.embedding.base import EmbedderIdentity
from dermtools.embedding.huggingface_loading import LoadedModel, is_dual_encoder, load_model
from dermtools.embedding.options import Options
from dermtools.embedding.self_test import drawn_pictures
from dermtools.embedding.vectors import finished_rows, run_ahead, run_in_batches
from dermtools.errors import EmbeddingError
from dermtools.images import open_image
from dermtools.text import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

logger = logging.getLogger(__name__)

_DECISIVE = frozenset(
    {"do_resize", "size", "resample", "do_center_crop", "crop_size", "crop_pct", "do_pad", "pad_size"}
    | {"do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std"}
)
"""Settings of an image processor that decide about the pixels; others vary with the version of transformers."""


class HuggingFaceOptions(Options):
    """Options of `hf:MODEL_OR_FOLDER`."""

    runtime: ClassVar[frozenset[str]] = frozenset({"device", "batch_size"})

    pool: Literal["auto", "pooler", "cls", "mean"] = Field(
        default="auto",
        description="for vision encoders: the pooling head, the first token, or the mean of all tokens; auto takes "
        "the head where its weights are in the checkpoint, else the first token",
    )
    normalize: bool = Field(default=True, description="divide every vector by its norm")
    revision: str | None = Field(default=None, description="branch, tag or commit on the Hub")
    device: str | None = Field(default=None, description="torch's name of it; default: a GPU where there is one")
    batch_size: int = Field(default=16, ge=1, description="pictures or texts a run")


class HuggingFaceEmbedder:
    """A vision encoder, or the picture half of a dual encoder."""

    def __init__(self, loaded: LoadedModel, options: HuggingFaceOptions, *, name: str, spec: str) -> None:
        self.spec = spec
        self._loaded = loaded
        self._options = options
        self._name = f"hf:{name}"
        self._dual = is_dual_encoder(loaded.model)
        if not self._dual and loaded.model.main_input_name != "pixel_values":
            raise EmbeddingError(f"{self._name} is neither a vision encoder nor a dual encoder; name one such as CLIP")
        sizes = [getattr(loaded.image_processor, name, None) or {} for name in ("size", "crop_size")]
        self.image_side = max([int(side) for size in sizes for side in dict(size).values() if side], default=224)
        self._pool = self._pooling()
        self.dimension = self._run_pixels(self._pixels([drawn_pictures()[0]])).shape[1]
        self.identity = EmbedderIdentity(
            name=self._name,
            revision=loaded.revision,
            preprocessing=_preprocessing_id(loaded.image_processor, self._pool),
            dimension=self.dimension,
            normalized=options.normalize,
        )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, d). Raises as `Embedder.embed_images`."""
        rows = run_ahead(images, self._options.batch_size, self._pixels, self._run_pixels, self.dimension)
        return finished_rows(rows, normalize=self._options.normalize)

    def _run_pixels(self, pixels: Any) -> NDArray[np.float32]:
        function = self._loaded.model.get_image_features if self._dual else self._loaded.model
        return self._rows(self._run(function, pixels), self._pool)

    def _pixels(self, images: Sequence[Image.Image]) -> Any:
        rgb = [image if image.mode == "RGB" else open_image(image) for image in images]
        with self._one_line_errors():
            return self._loaded.image_processor(images=rgb, return_tensors="pt")

    def _run(self, function: Any, inputs: Any) -> Any:
        # TF32, on by default in convolutions, would set a GPU's vectors apart from a CPU's by about 1e-3.
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
            self._one_line_errors(),
        ):
            return function(**{key: value.to(self._loaded.device) for key, value in inputs.items()})

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, RuntimeError) as error:
            raise EmbeddingError(f"{self._name} did not run: {one_line(str(error), 300)}") from error

    def _rows(self, output: Any, pool: str) -> NDArray[np.float32]:
        """Pooled output, shape (n, d)."""
        tokens = getattr(output, "last_hidden_state", None)
        if hasattr(output, "ndim"):
            rows = output
        elif pool == "mean" and tokens is not None:
            rows = tokens.mean(dim=1) if tokens.ndim == 3 else tokens.flatten(2).mean(dim=2)
        elif pool == "cls" and tokens is not None and tokens.ndim == 3:
            rows = tokens[:, 0]
        elif pool in ("pooler", "features") and getattr(output, "pooler_output", None) is not None:
            rows = output.pooler_output.flatten(1)
        else:
            raise EmbeddingError(f"{self._name} gives no output for pool={pool}; use another of pooler, cls and mean")
        if rows.ndim != 2:
            raise EmbeddingError(f"{self._name}: output has shape {tuple(rows.shape)}, not one vector a picture")
        return np.asarray(rows.float().cpu().numpy())

    def _pooling(self) -> str:
        asked, has_weights = self._options.pool, self._loaded.has_pooler
        if self._dual:
            if asked != "auto":
                raise EmbeddingError(f"{self._name} is a dual encoder, whose pooling is part of it; leave pool out")
            return "features"
        if asked == "pooler" and not has_weights:
            raise EmbeddingError(f"{self._name}: weights of its pooling head are missing; use pool=cls or pool=mean")
        if asked != "auto":
            return asked
        probe = self._run(self._loaded.model, self._pixels([drawn_pictures()[0]]))
        return "pooler" if has_weights and getattr(probe, "pooler_output", None) is not None else "cls"


class HuggingFaceTextEmbedder(HuggingFaceEmbedder):
    """A dual encoder with its tokenizer: texts and pictures in one space."""

    @property
    def logit_scale(self) -> float:
        """The model's learned factor on the cosine."""
        return math.exp(self._loaded.model.logit_scale.detach().item())

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32, shape (n, d). A text longer than the model reads is cut, with a log line."""
        rows = run_in_batches(texts, self._options.batch_size, self._run_texts, self.dimension)
        return finished_rows(rows, normalize=self._options.normalize)

    def _run_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        loaded, tokenizer = self._loaded, self._loaded.tokenizer
        if tokenizer is None:
            raise EmbeddingError(f"{self._name} has no tokenizer, so it embeds no texts")
        longest = min(loaded.model.config.text_config.max_position_embeddings, tokenizer.model_max_length)
        for tokens in tokenizer(list(texts), verbose=False)["input_ids"]:
            if len(tokens) > longest:
                logger.warning("a text of %d tokens is cut: %s reads %d", len(tokens), self._name, longest)
        # SigLIP was trained on texts padded to full length, with no attention mask to hide the padding.
        siglip = "siglip" in loaded.model.config.model_type
        padding = "max_length" if siglip else True
        inputs = tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        kept = {"input_ids"} if siglip else {"input_ids", "attention_mask"}
        inputs = {name: value for name, value in inputs.items() if name in kept}
        return self._rows(self._run(loaded.model.get_text_features, inputs), "features")


def load(rest: str, **options: object) -> HuggingFaceEmbedder:
    """Loader of the kind `hf`: `rest` is a folder that `save_pretrained` wrote, or a model's name on the Hub.

    Raises as `load_model`, and EmbeddingError for options (see `HuggingFaceOptions`) that do not fit the model.
    """
    if not rest:
        raise EmbeddingError("hf: no model named; write `hf:FOLDER` or `hf:OWNER/MODEL`")
    settings = HuggingFaceOptions.read(options, where="hf")
    folder = Path(rest).expanduser()
    if rest.startswith(("/", ".", "~")) and not folder.is_dir():
        raise EmbeddingError(f"hf: no folder {folder}")
    place = str(folder.resolve()) if folder.is_dir() else rest
    loaded = load_model(place, revision=settings.revision, device=settings.device)
    given = settings.model_dump(exclude_unset=True)
    if loaded.commit:
        given["revision"] = loaded.commit
    spec = HuggingFaceOptions.spec("hf", place, given)
    kind = HuggingFaceEmbedder if loaded.tokenizer is None else HuggingFaceTextEmbedder
    return kind(loaded, settings, name=folder.resolve().name if folder.is_dir() else rest, spec=spec)


def _preprocessing_id(image_processor: Any, pool: str) -> str:
    settings = image_processor.to_dict()
    decisive = {name: settings[name] for name in sorted(_DECISIVE) if settings.get(name) is not None}
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=dict).encode()).hexdigest()[:8]
    kind = type(image_processor).__name__.removesuffix("Pil").removesuffix("Fast").removesuffix("ImageProcessor")
    return f"{kind.lower()}-{pool}-{digest}"
