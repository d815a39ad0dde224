"""Finding embedders by spec string: the built-in ones, and those that other packages add.

A package adds a kind through the entry-point group `dermtools.embedders`. The entry names a function
`load(rest: str, **options) -> Embedder`: `rest` is what follows the colon of the spec; options from the
spec arrive as strings, options given in code as they are. A built-in kind cannot be replaced.
"""

from __future__ import annotations

from dermtools.embedding.base import Embedder
from dermtools.embedding.options import split_spec
from dermtools.embedding.self_test import selftest
from dermtools.errors import EmbeddingError
from dermtools.plugins import contributed, imported
from dermtools.text import instead

GROUP = "dermtools.embedders"
BUILT_IN = {
    "descriptor": "dermtools.embedding.descriptor:load",
    "efficientnet-lite0": "dermtools.embedding.efficientnet:load",
    "given": "dermtools.embedding.given:load",
    "hf": "dermtools.embedding.huggingface:load",
    "medimageinsight": "dermtools.embedding.medimageinsight:load",
    "onnx": "dermtools.embedding.onnx:load",
}
"""Found without reading the metadata of every installed package."""


def registered() -> dict[str, str]:
    """Kinds of embedder, sorted, each with the loader it names: `{"onnx": "module:load", ...}`."""
    return dict(sorted((contributed(GROUP) | BUILT_IN).items()))


def can_load(spec: str) -> bool:
    """Whether there is a kind of embedder that a spec string names."""
    return _loader(split_spec(spec)[0]) is not None


def load_embedder(spec: str, **options: object) -> Embedder:
    """Load an embedder and let it test itself.

    Args:
        spec: `KIND[:REST][?NAME=VALUE&...]`, e.g. `efficientnet-lite0`, `descriptor`,
            `onnx:model.onnx?threads=2`, `hf:google/siglip-base-patch16-224`, `medimageinsight`.
        options: the kind's options; they win over those in `spec`.

    Raises:
        EmbeddingError: unknown kind, a plugin that cannot be imported, a model that cannot be loaded or
            that failed its self-test.
        MissingExtraError: an optional dependency is not installed.
    """
    kind, rest, written = split_spec(spec)
    place = _loader(kind)
    if place is None:
        raise EmbeddingError(f"unknown embedder {kind!r}; {instead(kind, registered())}")
    loader = imported(place, f"embedder {kind!r}", EmbeddingError)
    embedder = loader(rest, **(written | options))
    if not isinstance(embedder, Embedder):
        raise EmbeddingError(f"embedder {kind!r} ({place}) did not return an Embedder but {type(embedder)}")
    selftest(embedder)
    return embedder


def _loader(kind: str) -> str | None:
    """Where the loader of a kind stands; the entry points of other packages are read for no built-in one."""
    return BUILT_IN.get(kind) or registered().get(kind)
