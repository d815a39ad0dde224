"""The case base for vectors that were computed elsewhere, by a model of which the name is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.errors import CaseBaseError

if TYPE_CHECKING:
    from dermtools.cases import SourceData
    from dermtools.embedding import Embedder
    from dermtools.retrieval import CaseBase


def fitting(spec: str, data: SourceData) -> Embedder:
    """The embedder that is said to have made the vectors of `data`, before anything is written.

    Raises:
        SourceError: no vector is as long as its.
        EmbeddingError: it cannot be loaded.
    """
    from dermtools.embedding import load_embedder
    from dermtools.retrieval.ingest.reconcile import with_fitting_vectors

    embedder = load_embedder(spec)
    with_fitting_vectors(data, embedder.identity)
    return embedder


def with_identity(path: Path, name: str, data: SourceData, *, shared: bool = False) -> CaseBase:
    """The case base at `path` for vectors that the model `name` made, made where nothing is.

    Raises:
        SourceError: no case has a vector.
        CaseBaseError: it is there, with vectors of another name or dimension.
    """
    from dermtools.cases.creating import is_there
    from dermtools.cases.sources.vectors import dimension_and_norm
    from dermtools.embedding.given import GivenVectors
    from dermtools.retrieval import CaseBase

    dimension, normalized = dimension_and_norm(data.cases)
    if not is_there(path):
        return CaseBase.create(path, embedder=GivenVectors(name, dimension, normalized=normalized), shared=shared)
    case_base = CaseBase.open(path)
    held = case_base.identity
    if (held.name, held.dimension) != (name, dimension):
        raise CaseBaseError(f"{path} holds vectors of {held}, not of {name} ({dimension}-d); use another case base")
    return case_base
