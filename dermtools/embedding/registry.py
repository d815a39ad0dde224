"""Finding embedders by spec string: the built-in ones, and those that other packages add.

A package adds a kind through the entry-point group `dermtools.embedders`. The entry names a function
`load(rest: str, **options) -> Embedder`: `rest` is what follows the colon of the spec; options from the
spec arrive as strings, options given in code as they are.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from dermtools.embedding.base import Embedder
from dermtools.embedding.options import split_spec
from dermtools.embedding.self_test import selftest
from dermtools.errors import EmbeddingError

GROUP = "dermtools.embedders"


def registered() -> dict[str, str]:
    """Kinds of embedder there are, sorted, each with the loader it names: `{"onnx": "module:load", ...}`."""
    return {entry.name: entry.value for entry in _entries().values()}


def load_embedder(spec: str, **options: object) -> Embedder:
    """Load an embedder and let it test itself.

    Args:
        spec: `KIND[:REST][?NAME=VALUE&...]`, e.g. `descriptor`, `onnx:model.onnx?threads=2`,
            `hf:google/siglip-base-patch16-224`, `medimageinsight`.
        options: the kind's options; they win over those in `spec`.

    Raises:
        EmbeddingError: unknown kind, a plugin that cannot be imported, a model that cannot be loaded or
            that failed its self-test.
        MissingExtraError: an optional dependency is not installed.
    """
    kind, rest, written = split_spec(spec)
    entries = _entries()
    if kind not in entries:
        raise EmbeddingError(f"unknown embedder {kind!r}; there are: {', '.join(entries)}")
    entry = entries[kind]
    try:
        loader = entry.load()
    except (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise EmbeddingError(
            f"embedder {kind!r} ({entry.value}) cannot be imported: {_one_line(error)}; repair or uninstall its package"
        ) from error
    embedder = loader(rest, **(written | options))
    if not isinstance(embedder, Embedder):
        raise EmbeddingError(f"embedder {kind!r} ({entry.value}) did not return an Embedder but {type(embedder)}")
    selftest(embedder)
    return embedder


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
