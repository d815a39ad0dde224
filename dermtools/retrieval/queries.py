"""Questions to a case base, resolved: what is asked about, its embedding, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.embedding import Embedder, TextEmbedder, load_embedder, open_for_embedding
from dermtools.embedding.given import stands_for
from dermtools.embedding.options import split_spec
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import CaseBaseError, EmbeddingError, QueryError
from dermtools.images import ImageLimits, ImageSource, content_hash, read_bytes
from dermtools.images.limits import STORED
from dermtools.prediction import Query
from dermtools.text import bounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.cases.identity import EmbedderIdentity
    from dermtools.cases.store import CaseStore
    from dermtools.retrieval.search.leak_guard import Jpegs
    from dermtools.retrieval.search.snapshot import Snapshot

KINDS_OF_FILES = ("onnx", "hf")
"""Kinds of embedder whose name is that of their file, and whose revision is a hash of what is in it."""
SHOWN_TEXT = 60
"""Characters of a text query that make its name."""


def check_one_kind(**kinds: object) -> None:
    """Refuse a question that names none or several of its kinds with a QueryError."""
    given = [name for name, value in kinds.items() if value is not None]
    if len(given) != 1:
        asked = f"ask with exactly one of {', '.join(kinds)}; given: {', '.join(given) or 'none'}"
        raise QueryError(f"{asked} (on the command line: a picture's path, or --case ID)")


def picture_query(
    source: ImageSource, group_id: str | None, opened: Callable[..., Image.Image], limits: ImageLimits | None = None
) -> Query:
    """A picture of which nothing more is known, not embedded; `opened(source, name=..., limits=...)` decodes it."""
    name, digest = "picture", None
    if isinstance(source, str | Path):
        name = "data URL" if str(source)[:5].lower() == "data:" else Path(source).name
    if not isinstance(source, Image.Image):
        source = read_bytes(source, limits=limits)
        digest = content_hash(source)
    return Query(name=name, image=opened(source, name=name, limits=limits), group_id=group_id, content_hash=digest)


def text_query(text: str, embedder: Embedder | None, identity: EmbedderIdentity, group_id: str | None) -> Query:
    """Words to find pictures for; a QueryError where there are none, or no `embedder` that reads text."""
    words = " ".join(text.split())
    if not words:
        raise QueryError("the text is empty; describe what to look for, e.g. 'red scaly plaque on the elbow'")
    if embedder is None:
        raise _reads_no_text(identity)
    return with_vector(Query(name=bounded(words, SHOWN_TEXT), text=text, group_id=group_id), embedder)


def _reads_no_text(identity: EmbedderIdentity) -> QueryError:
    return QueryError(
        f"{identity.name} reads no text; search with a picture or a case, or make the case base with an "
        "embedder that reads text: hf: with a dual encoder such as CLIP or SigLIP, or medimageinsight"
    )


def case_query(case_id: str, snapshot: Snapshot, jpegs: Jpegs, group_id: str | None) -> Query:
    """A case with its stored vector, picture, group and content; a QueryError where there is no such case."""
    row = snapshot.row(case_id)
    return Query(
        name=case_id,
        jpeg=jpegs([case_id])[case_id] or None,
        vector=snapshot.index.vectors[row].copy(),
        case_id=case_id,
        group_id=group_id or snapshot.columns.group_ids[row],
        content_hash=snapshot.columns.content_hashes[row],
    )


def embedded(query: Query, embedder: Embedder) -> NDArray[np.float32]:
    """Embedding of a query's picture, or its text; float32, shape (d,).

    A QueryError where it has neither or the embedder reads no text, an EmbeddingError where it cannot be embedded.
    """
    image = _image(query, embedder)
    if image is not None:
        return np.asarray(embedder.embed_images([image])[0], dtype=np.float32)
    if query.text is None:
        raise QueryError(f"the query {query.name} has no vector, picture or text to search with")
    if not isinstance(embedder, TextEmbedder):
        raise _reads_no_text(embedder.identity)
    return np.asarray(embedder.embed_texts([query.text])[0], dtype=np.float32)


def vectors_of(
    queries: Sequence[Query], identity: EmbedderIdentity, loaded: Callable[[], Embedder]
) -> list[NDArray[np.float32]]:
    """The embedding of each query, float32, shape (d,); pictures without one are embedded together.

    `loaded` gives the embedder of that identity, where one is needed.

    Raises as `embedded`, and a QueryError for a vector that is none of the embedder's.
    """
    found = {number: query.vector for number, query in enumerate(queries) if query.vector is not None}
    if len(found) < len(queries):
        embedder = loaded()
        bare = [number for number in range(len(queries)) if number not in found]
        images = {number: image for number in bare if (image := _image(queries[number], embedder)) is not None}
        if len(images) > 1:
            found |= dict(zip(images, embedder.embed_images(list(images.values())), strict=True))
        found |= {number: embedded(queries[number], embedder) for number in bare if number not in found}
    return [checked_vector(found[number], identity, "the query vector") for number in range(len(queries))]


def _image(query: Query, embedder: Embedder) -> Image.Image | None:
    if query.image is None and query.jpeg is not None:
        return open_for_embedding(query.jpeg, embedder, name=query.name, limits=STORED)
    return query.image


def with_vector(query: Query, embedder: Embedder) -> Query:
    """The query with its embedding; raises as `embedded`."""
    return replace(query, vector=embedded(query, embedder))


def accepted(embedder: Embedder, store: CaseStore) -> Embedder:
    """The embedder, where it is the one that made the store's vectors; else a CaseBaseError."""
    manifest = store.manifest
    identity = embedder.identity
    if not same_embedder(identity, manifest.identity) and not stands_for(manifest.identity, identity, embedder.spec):
        raise CaseBaseError(
            f"{store.path} was made with {manifest.identity}, not with {embedder.identity}; "
            f"use the embedder {manifest.embedder}, or add vectors of this one: "
            f"dermtools reembed {quote(str(store.path))} --embedder {quote(embedder.spec)}"
        )
    return embedder


def loaded(store: CaseStore) -> Embedder:
    """The embedder that the manifest names, as `accepted`; an EmbeddingError says what to do where it was moved."""
    spec = store.manifest.embedder
    try:
        embedder = load_embedder(spec)
    except EmbeddingError as error:
        _, place, _ = split_spec(spec)
        if not Path(place).is_absolute() or Path(place).exists():
            raise
        now = f"--embedder '{spec.replace(place, 'NEWPATH', 1)}'"
        raise EmbeddingError(
            f"{error}; was it moved? then say where it is: {now} (in Python: CaseBase.open(..., embedder=...))"
        ) from error
    return accepted(embedder, store)


def same_embedder(one: EmbedderIdentity, other: EmbedderIdentity) -> bool:
    """Whether vectors of both are comparable; a file or folder may be renamed, since its content is the revision."""
    kinds = [identity.name.partition(":")[0] for identity in (one, other)]
    if kinds[0] == kinds[1] and kinds[0] in KINDS_OF_FILES:
        one = one.model_copy(update={"name": other.name})
    return one == other
