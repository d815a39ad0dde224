"""Pictures of one conversation by handle, so that their bytes stay out of messages, tool arguments and checkpoints."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dermtools.errors import ImageError
from dermtools.handles import IMAGE_PREFIX
from dermtools.images import ImageLimits, ImageSource, content_hash, encode_jpeg, read_bytes
from dermtools.images.limits import WorkerLimits
from dermtools.images.opening import small_jpeg
from dermtools.prediction import Query
from dermtools.text import one_line
from dermtools.tools.pictures.grants import picture_limits

KEPT_SIDE = 1024
"""Longest side, in pixels, of a picture that is kept, decoded or drawn anew, for later questions."""


@dataclass(frozen=True, eq=False)
class HeldImage:
    """A picture in a store."""

    handle: str
    """`img_` and the start of its content's SHA-256: the same everywhere for the same picture."""
    name: str
    """What its owner calls it, on one line; may come from outside."""
    jpeg: bytes = field(repr=False)
    """Clean, without metadata, long side at most `STORED_SIDE`."""
    source: bytes | Query = field(repr=False)
    """The encoded original, or a query that is resolved already."""
    group_id: str | None = None
    content_hash: str | None = None
    """Of the encoded original, where `source` is not that."""

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.jpeg) + (len(self.source) if isinstance(self.source, bytes) else 0)


class ImageStore:
    """Pictures by handle, in memory; `ShelvedImages` keeps them elsewhere. Safe for threads.

    Belongs to one run or conversation, since who holds it may see all of them.

    Args:
        max_pictures: refuse more.
        max_bytes: refuse more in all.
        limits: of one picture; it is always decoded in a process of its own, since nobody vouches for it.
    """

    def __init__(
        self, *, max_pictures: int = 64, max_bytes: int = 256 * 1024 * 1024, limits: ImageLimits | None = None
    ) -> None:
        limits = limits or picture_limits()
        self.limits = limits if limits.worker else replace(limits, worker=WorkerLimits())
        self._max_pictures = max_pictures
        self._max_bytes = max_bytes
        self._held: dict[str, HeldImage] = {}
        self._resolved: dict[tuple[str, str], Query] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def held_bytes(self) -> int:
        """What it takes in memory, decoded pictures included."""
        with self._lock:
            return self._bytes() + 3 * KEPT_SIDE**2 * len(self._resolved)

    def __contains__(self, handle: object) -> bool:
        return isinstance(handle, str) and self._find(handle) is not None

    def add(self, source: ImageSource, *, name: str | None = None, group_id: str | None = None) -> HeldImage:
        """Take a picture in; an existing one keeps its handle and what is known of it.

        Args:
            source: path, `data:` URL, encoded bytes, or open picture.
            name: what to call it; its file name or `picture` by default.
            group_id: patient or encounter, so that searches leave it out.

        Raises:
            ImageError: it cannot be read, or the store is full.
        """
        if isinstance(source, str | Path | bytes):
            encoded = read_bytes(source, limits=self.limits, name=name)
        else:
            encoded = encode_jpeg(source, max_side=4096, quality=95)
        name = one_line(name or _file_name(source), 80) or "picture"
        digest = content_hash(encoded)
        jpeg, source = self._cleaned(encoded, name)
        return self._keep(HeldImage(self._handle(digest), name, jpeg, source, group_id, digest))

    def add_query(self, query: Query) -> HeldImage:
        """Take in the picture of a query, with everything that is known of it: group, content, embedding.

        Raises:
            ImageError: the query has no picture, or the store is full.
        """
        jpeg = query.jpeg or (encode_jpeg(query.image) if query.image is not None else None)
        if jpeg is None:
            raise ImageError(f"query {one_line(query.name, 80)!r} has no picture; give it one")
        handle = self._handle(query.content_hash or hashlib.sha256(jpeg).hexdigest())
        return self._keep(HeldImage(handle, "picture", jpeg, query, query.group_id, query.content_hash))

    def get(self, handle: str) -> HeldImage:
        """The picture with this handle.

        Raises:
            ImageError: there is none; lists those that there are.
        """
        if (held := self._find(handle)) is not None:
            return held
        known = ", ".join(self._known()[-8:])
        rest = f"attached pictures: {known}" if known else "no picture is attached; ask for one"
        raise ImageError(f"no picture {one_line(handle, 60)!r} is available; {rest}")

    def query(self, handle: str, embedder: str, resolve: Callable[[HeldImage], Query]) -> Query:
        """The picture as a query, resolved once for each embedder."""
        held = self.get(handle)
        query = self._resolved.get((handle, embedder))
        if query is None:
            query = self._resolved[handle, embedder] = resolve(held)
        return query

    def _handle(self, digest: str) -> str:
        return IMAGE_PREFIX + digest[:16]

    def _cleaned(self, encoded: bytes, name: str) -> tuple[bytes, bytes]:
        """The small clean JPEG of an encoded picture, and what is kept to resolve it; raises an ImageError."""
        return small_jpeg(encoded, limits=self.limits, name=name), encoded

    def _find(self, handle: str) -> HeldImage | None:
        return self._held.get(handle)

    def _known(self) -> list[str]:
        """Handles, the newest last."""
        return list(self._held)

    def _keep(self, held: HeldImage) -> HeldImage:
        with self._lock:
            if held.handle in self._held:
                return self._held[held.handle]
            size = self._bytes() + held.size
            check_room(len(self._held) + 1, size, max_pictures=self._max_pictures, max_bytes=self._max_bytes)
            self._held[held.handle] = held
            return held

    def _bytes(self) -> int:
        return sum(held.size for held in self._held.values())


def check_room(pictures: int, size: int, *, max_pictures: int, max_bytes: int) -> None:
    """Refuse with an ImageError what would make more than `max_pictures` or `max_bytes` of a conversation."""
    if pictures > max_pictures:
        raise ImageError(f"{max_pictures} pictures are attached already; start a new conversation")
    if size > max_bytes:
        raise ImageError(f"the attached pictures are larger than {max_bytes:,} bytes in all; start a new conversation")


def _file_name(source: ImageSource) -> str:
    is_path = isinstance(source, Path) or (isinstance(source, str) and source[:5].lower() != "data:")
    return Path(str(source)).name if is_path else ""
