"""Reading the pictures of a source: bytes, content hash, decoded picture and stored JPEG, ahead of their use."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Container, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dermtools.cases.case import Case, SourceCase
from dermtools.cases.manifest import Manifest
from dermtools.embedding.base import Embedder, open_for_embedding
from dermtools.embedding.vectors import checked_vector
from dermtools.errors import DermtoolsError
from dermtools.images import ImageLimits, content_hash, encode_jpeg, jpeg_size, open_image, read_bytes
from dermtools.images.content import JPEG_MAGIC
from dermtools.images.picture_hash import picture_hash
from dermtools.images.writing import READ_SIDE, WrittenLine, paint_over, read_writing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True)
class Picture:
    """A decoded picture, ready to be embedded and stored; of a case without one, no image, JPEG and size."""

    image: Image.Image | None
    jpeg: bytes = field(repr=False)
    size: tuple[int, int]
    """Width and height of the original in pixels, upright."""
    hash: bytes | None = None
    """Perceptual hash of the JPEG."""


@dataclass(frozen=True)
class Prepared:
    """A case and what its picture gave: a problem, only a hash where no more is needed, or the picture."""

    source: SourceCase
    content_hash: str = ""
    picture: Picture | None = None
    problem: str | None = None
    writing: tuple[WrittenLine, ...] = ()
    """What was found drawn in, where it was looked for; painted over in the picture where that was asked for."""

    @property
    def case(self) -> Case:
        return self.source.case

    @property
    def vector(self) -> NDArray[np.float32] | None:
        """Its embedding, where it was computed elsewhere."""
        given = self.source.vector
        return None if given is None else np.asarray(given, np.float32)

    @property
    def pixels(self) -> int:
        """Decoded pixels that it holds in memory."""
        image = self.picture.image if self.picture else None
        return image.width * image.height if image else 0


NO_PICTURE = Picture(None, b"", (0, 0))
Prepare = Callable[[SourceCase], Prepared]
S = TypeVar("S")
P = TypeVar("P")


@dataclass(frozen=True)
class TextCheck:
    """What to do about writing drawn into pictures."""

    look: bool = False
    """Read it in new pictures."""
    redact: bool = False
    """Paint it over before a picture is embedded and stored; looks for it, too."""
    again: bool = False
    """In pictures that are stored already, too."""


NO_TEXT_CHECK = TextCheck()


def prepare(
    source: SourceCase,
    embedder: Embedder,
    manifest: Manifest,
    known: Container[str],
    limits: ImageLimits | None = None,
    text: TextCheck = NO_TEXT_CHECK,
) -> Prepared:
    """Read one case; what goes wrong with its picture becomes its `problem`.

    Content hashes `known` stay undecoded, unless writing is looked for in them again: then there is a picture where
    some was painted over. A case without a picture has the hash of its vector.
    """
    if source.image is None and source.vector is None:
        return Prepared(source, problem="has no picture here to embed")
    name = str(source.image) if isinstance(source.image, Path) else source.case.case_id
    try:
        if source.vector is not None:
            vector = checked_vector(source.vector, embedder.identity, "its vector")
            if source.image is None:
                digest = hashlib.sha256(vector.tobytes()).hexdigest()
                return Prepared(source, digest, None if digest in known else NO_PICTURE)
        encoded = read_bytes(source.picture, limits=limits, name=name)
        digest = content_hash(encoded)
        is_known = digest in known
        if is_known and not text.again:
            return Prepared(source, digest)
        found: tuple[WrittenLine, ...] = ()
        if text.look or text.redact:
            found = read_writing(open_image(encoded, min_side=READ_SIDE, limits=limits, name=name))
        if is_known and not (found and text.redact):
            return Prepared(source, digest, writing=found)
        image = open_for_embedding(encoded, embedder, limits=limits, name=name)
        # A large JPEG was reduced while decoding; all else is decoded whole.
        size = jpeg_size(encoded) if encoded.startswith(JPEG_MAGIC) else image.size
        if found and text.redact:
            image = paint_over(image, found)
        jpeg = encode_jpeg(image, max_side=manifest.picture_side, quality=manifest.picture_quality)
        return Prepared(source, digest, Picture(image, jpeg, size, picture_hash(jpeg)), writing=found)
    except DermtoolsError as error:
        return Prepared(source, problem=str(error))


def prepared_ahead(cases: Iterable[S], prepare: Callable[[S], P], *, workers: int) -> Generator[P]:
    """Prepare cases, or files, in threads, in their order, a few ahead of their use; closing it ends the threads."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prepare")
    waiting: deque[Future[P]] = deque()
    try:
        for case in cases:
            waiting.append(pool.submit(prepare, case))
            # Few, since each may hold a picture of a hundred megapixels.
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
