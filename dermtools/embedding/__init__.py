"""Picture to vector: one protocol, several embedders, chosen by a spec string."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.cases.identity import EmbedderIdentity as EmbedderIdentity
    from dermtools.embedding.base import Embedder as Embedder
    from dermtools.embedding.base import PartialEmbeddingError as PartialEmbeddingError
    from dermtools.embedding.base import TextEmbedder as TextEmbedder
    from dermtools.embedding.base import UnavailableError as UnavailableError
    from dermtools.embedding.base import open_for_embedding as open_for_embedding
    from dermtools.embedding.default import default_embedder as default_embedder
    from dermtools.embedding.given import GivenVectors as GivenVectors
    from dermtools.embedding.registry import load_embedder as load_embedder
    from dermtools.embedding.registry import registered as registered
    from dermtools.embedding.self_test import selftest as selftest

__getattr__, __dir__, __all__ = exports(__name__)
