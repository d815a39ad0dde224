"""Pictures of one client of a server, which makes room instead of refusing."""

from __future__ import annotations

from dermtools.errors import ImageError
from dermtools.text import one_line
from dermtools.tools.pictures.image_store import HeldImage, ImageStore


class RecentImages(ImageStore):
    """An `ImageStore` that makes room instead of refusing, since a server has no end.

    An unknown handle is answered without naming others.
    """

    def __init__(self, *, max_pictures: int = 32, max_bytes: int = 128 * 1024 * 1024) -> None:
        super().__init__(max_pictures=max_pictures, max_bytes=max_bytes)

    def get(self, handle: str) -> HeldImage:
        """The picture with this handle; ImageError where there is none, or not any more."""
        if (held := self._held.get(handle)) is not None:
            return held
        raise ImageError(
            f"no picture {one_line(handle, 60)!r} is available; it may have been forgotten, or is another session's: "
            "give the picture itself again, or a case (case:ID)"
        )

    def _keep(self, held: HeldImage) -> HeldImage:
        with self._lock:
            kept = self._held.pop(held.handle, held)
            self._held[kept.handle] = kept
            while len(self._held) > 1 and (len(self._held) > self._max_pictures or self._bytes() > self._max_bytes):
                oldest = next(iter(self._held))
                del self._held[oldest]
                self._resolved = {key: query for key, query in self._resolved.items() if key[0] != oldest}
            return kept
