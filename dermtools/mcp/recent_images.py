"""The pictures that clients have shown to the server, the oldest forgotten first."""

from __future__ import annotations

from dermtools.errors import ImageError
from dermtools.text import one_line
from dermtools.tools.pictures.image_store import HeldImage, ImageStore


class RecentImages(ImageStore):
    """An `ImageStore` that makes room instead of refusing, since a server has no end.

    All clients of a server share it. A handle comes from a picture's own content, so only who has the picture, or was
    told the handle, can name it; an unknown handle is answered without naming others.
    """

    def __init__(self, *, max_pictures: int = 32, max_bytes: int = 128 * 1024 * 1024) -> None:
        super().__init__(max_pictures=max_pictures, max_bytes=max_bytes)

    def get(self, handle: str) -> HeldImage:
        """The picture with this handle; ImageError where there is none, or not any more."""
        held = self._held.get(handle)
        if held is None:
            raise ImageError(
                f"no picture {one_line(handle, 60)!r} is at hand, or not any more; "
                "give its path in a granted folder, a data: URL, or a case (case:ID)"
            )
        return held

    def _keep(self, held: HeldImage) -> HeldImage:
        with self._lock:
            kept = self._held.pop(held.handle, held)
            self._held[kept.handle] = kept
            while len(self._held) > self._max_pictures or self._bytes() > self._max_bytes:
                oldest = next(iter(self._held))
                if oldest == kept.handle:
                    break
                del self._held[oldest]
                for key in [key for key in self._resolved if key[0] == oldest]:
                    del self._resolved[key]
            return kept

    def _bytes(self) -> int:
        return sum(held.size for held in self._held.values())
