"""Loading a transformers model without remote code, pickled weights, or weights that the checkpoint does not hold.

Transformers fills missing ones with random numbers and only logs it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.embedding.base import weights_revision
from dermtools.errors import EmbeddingError, require_extra
from dermtools.text import bounded

if TYPE_CHECKING:
    import torch
    from transformers import BaseImageProcessor, PreTrainedModel, PreTrainedTokenizerBase

_LOADING_ERRORS = (OSError, ValueError, KeyError, TypeError, RuntimeError, AssertionError, ImportError)


@dataclass(frozen=True)
class LoadedModel:
    """A model in evaluation mode on its device, and what prepares its inputs."""

    model: PreTrainedModel
    image_processor: BaseImageProcessor
    tokenizer: PreTrainedTokenizerBase | None
    """None where the model has no text encoder, or comes without a tokenizer."""
    commit: str | None
    """Commit on the Hub; None for a folder."""
    revision: str
    """First 16 digits of the commit, or of the SHA-256 of the folder's weights."""
    has_pooler: bool
    """Whether the weights of the pooling head were in the checkpoint, if the model has such a head."""
    device: torch.device


def load_model(name: str, *, revision: str | None, device: str | None) -> LoadedModel:
    """Load a folder or a model of the Hugging Face Hub with image processor and tokenizer, in float32.

    `device` None is a GPU where there is one. An EmbeddingError where it is not found, not a vision model, weights are
    missing or only pickled, or the device is unknown.
    """
    transformers = require_extra("transformers", "hf")
    import safetensors
    import torch

    found = {"trust_remote_code": False, **_location(name, revision)}
    try:
        target = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        with quiet(transformers):
            image_processor = transformers.AutoImageProcessor.from_pretrained(name, backend="pil", **found)
            model, report = transformers.AutoModel.from_pretrained(
                name, use_safetensors=True, output_loading_info=True, dtype=torch.float32, **found
            )
            tokenizer = _tokenizer(transformers, name, model, found)
        model = model.eval().to(target)
    except (*_LOADING_ERRORS, safetensors.SafetensorError) as error:
        raise EmbeddingError(f"hf:{name} cannot be loaded: {_advice(name, error)}") from error
    missing = sorted(map(str, report["missing_keys"])) + sorted(str(key[0]) for key in report["mismatched_keys"])
    elsewhere = [key for key in missing if not key.startswith("pooler.")]
    if elsewhere or report["error_msgs"]:
        what = f"{len(elsewhere)} weights such as {elsewhere[0]!r}" if elsewhere else report["error_msgs"][0]
        raise EmbeddingError(f"hf:{name}: the checkpoint lacks {what}; they would be random numbers")
    commit = getattr(model.config, "_commit_hash", None)
    return LoadedModel(
        model=model,
        image_processor=image_processor,
        tokenizer=tokenizer,
        commit=commit,
        revision=commit[:16] if commit else weights_revision(sorted(Path(name).glob("*.safetensors"))),
        has_pooler=not missing,
        device=target,
    )


def is_dual_encoder(model: PreTrainedModel) -> bool:
    """Whether pictures and texts of `model` share one space, as in CLIP and SigLIP."""
    return all(callable(getattr(model, name, None)) for name in ("get_image_features", "get_text_features"))


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Keep transformers' log lines, warnings and loading bars off the terminal; downloads keep their bar."""
    log = transformers.utils.logging
    level, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity(log.CRITICAL)
    log.disable_progress_bar()
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()


def _location(name: str, revision: str | None) -> dict[str, object]:
    """Where to load from: a folder; a commit of the Hub; or, without a connection, what was downloaded before.

    Asking the Hub once, with a time limit, spares the minutes for which transformers retries every file.
    """
    if Path(name).is_dir():
        return {"local_files_only": True}
    hub = require_extra("huggingface_hub", "hf")
    http_error = hub.errors.HfHubHTTPError
    try:
        commit = hub.HfApi().model_info(name, revision=revision, timeout=10).sha
    except hub.errors.RevisionNotFoundError as error:
        raise EmbeddingError(f"hf:{name} has no revision {revision!r}") from error
    except hub.errors.GatedRepoError as error:
        raise EmbeddingError(f"hf:{name} is gated: accept its terms on the Hub, then run: hf auth login") from error
    except hub.errors.RepositoryNotFoundError as error:
        what = "no such model on the Hub (or it needs hf auth login)"
        raise EmbeddingError(f"hf:{name}: no such folder, and {what}") from error
    except ValueError as error:
        what = "not the name of a model on the Hub (OWNER/MODEL)"
        raise EmbeddingError(f"hf:{name}: no such folder, and {what}") from error
    except (OSError, *http_error.__bases__):
        return {"revision": revision or "main", "local_files_only": True}
    return {"revision": commit}


def _tokenizer(
    transformers: Any, name: str, model: PreTrainedModel, found: dict[str, object]
) -> PreTrainedTokenizerBase | None:
    if not is_dual_encoder(model) or not hasattr(model, "logit_scale"):
        return None
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **found)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # Where the vocabulary is missing, transformers makes an empty one, in which every word is unknown.
    known = set(tokenizer("mole").input_ids) - set(tokenizer.all_special_ids)
    return tokenizer if known else None


def _advice(name: str, error: BaseException) -> str:
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            return "the folder has no config.json; name a folder that save_pretrained wrote"
        if not any(folder.glob("*.safetensors")):
            return "the folder has no *.safetensors weights, and pickled ones (.bin, .pt) are never opened; convert it"
        if not (folder / "preprocessor_config.json").is_file():
            return "the folder has no preprocessor_config.json, so it is not known how pictures are prepared"
    text = " ".join(str(error).split())
    if "safetensors" in text:
        return "it has no safetensors weights, and pickled ones are never opened; pick a revision that has them"
    if "trust_remote_code" in text or "custom code" in text:
        return "it needs code from the Hub, which is never run; export it to ONNX and use onnx:FILE"
    if isinstance(error, OSError):
        return "no such folder, and without a connection to the Hub only models downloaded before can be used"
    return bounded(text, 300)
