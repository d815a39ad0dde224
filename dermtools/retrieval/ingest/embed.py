"""One batch of new pictures on its way through the embedder, each content once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dermtools.cases.columns import StoredCase
from dermtools.embedding.base import Embedder, PartialEmbeddingError, UnavailableError
from dermtools.embedding.self_test import drawn_pictures
from dermtools.embedding.vectors import NORM_TOLERANCE
from dermtools.errors import EmbeddingError
from dermtools.retrieval.ingest.prepare import Picture, Prepare, Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True)
class Outcome:
    """What became of one case of a batch: a row, or the reason why there is none."""

    case_id: str
    row: StoredCase | None
    same_as: str | None = None
    """The case whose vector and picture it shares."""
    reason: str = ""


def embed_batch(
    cases: Sequence[Prepared], stored: Mapping[str, StoredCase], prepare: Prepare, embedder: Embedder
) -> tuple[list[Outcome], int]:
    """The outcome of every case, and how many pictures were embedded; EmbeddingError where none could be.

    `stored` is content hash to a row that the store holds, whose vector and picture are taken over; `prepare` decodes
    again where a picture that seemed known has left the store. A vector that a case brings is taken, none made.
    """
    rows = dict(stored)
    failed: dict[str, str] = {}
    new: dict[str, tuple[Prepared, Picture]] = {}
    for item in cases:
        digest = item.content_hash
        if digest in rows or digest in new or digest in failed:
            continue
        again = item if item.picture else prepare(item.source)
        if again.picture is None or again.content_hash != digest:
            failed[digest] = again.problem or "the file changed while it was read; run again"
        else:
            new[digest] = (item, again.picture)
    bare = {
        digest: image for digest, (item, picture) in new.items() if item.vector is None and (image := picture.image)
    }
    vectors, reasons = embedded_pictures(embedder, list(bare.values()))
    made = dict(zip(bare, vectors, strict=True))
    failed |= {digest: reasons[number] for number, digest in enumerate(bare) if number in reasons}
    for digest, (item, picture) in new.items():
        vector = made.get(digest) if item.vector is None else item.vector
        if vector is not None and digest not in failed:
            rows[digest] = StoredCase(item.case, digest, vector, picture.jpeg, *picture.size, picture.hash)
    return [_outcome(item, rows.get(item.content_hash), failed) for item in cases], len(bare) - len(reasons)


def _outcome(item: Prepared, row: StoredCase | None, failed: Mapping[str, str]) -> Outcome:
    case_id = item.case.case_id
    if row is None:
        return Outcome(case_id, None, reason=failed[item.content_hash])
    owner = row.case.case_id
    vector = row.vector if item.vector is None else item.vector
    return Outcome(case_id, replace(row, case=item.case, vector=vector), same_as=owner if owner != case_id else None)


def embedded_pictures(embedder: Embedder, images: Sequence[Image.Image]) -> tuple[NDArray[np.float32], dict[int, str]]:
    """Vectors, shape (n, d), and why some rows failed; EmbeddingError where the embedder fails whatever the picture."""
    shape = (len(images), embedder.dimension)
    reasons: dict[int, str] = {}
    if not images:
        return np.empty(shape, np.float32), reasons
    try:
        vectors = embedder.embed_images(images)
    except PartialEmbeddingError as error:
        vectors, reasons = error.vectors, error.reasons
        if len(reasons) == len(images):
            _check_works(embedder, error)
    except UnavailableError:
        raise
    except EmbeddingError as error:
        _check_works(embedder, error)
        if len(images) == 1:
            return np.empty(shape, np.float32), {0: str(error)}
        alone = [embedded_pictures(embedder, [image]) for image in images]
        return np.concatenate([row for row, _ in alone]), {n: why[0] for n, (_, why) in enumerate(alone) if why}
    if vectors.shape != shape:
        raise EmbeddingError(f"{embedder.spec} returned vectors of shape {vectors.shape}, not {shape}")
    for number in np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist():
        reasons.setdefault(number, "its embedding is not finite")
    if embedder.identity.normalized:
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
        for number in np.flatnonzero(np.abs(norms - 1) > NORM_TOLERANCE).tolist():
            reasons.setdefault(number, f"its embedding has norm {norms[number]:.4g}, promised was 1")
    return np.asarray(vectors, np.float32), reasons


def _check_works(embedder: Embedder, error: EmbeddingError) -> None:
    """Raise `error`, by which every picture of a batch failed, unless the embedder can embed a picture drawn here."""
    try:
        embedder.embed_images(drawn_pictures()[:1])
    except EmbeddingError:
        raise error from None
