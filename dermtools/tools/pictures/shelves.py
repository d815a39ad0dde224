"""Pictures of one conversation that outlast the process: on a shelf, of which there are several kinds."""

from __future__ import annotations

import hashlib
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.errors import ImageError
from dermtools.handles import IMAGE_PREFIX
from dermtools.images import ImageLimits, encode_jpeg, open_image
from dermtools.text import one_line
from dermtools.tools.pictures.image_store import KEPT_SIDE, HeldImage, ImageStore

MAX_PICTURES = 64
MAX_BYTES = 64 * 1024 * 1024
"""Of one conversation, as they lie on the shelf."""


class KeptPicture(BaseModel):
    """What is kept of a picture: it was drawn anew, so that nothing of its file is left but a hash of the content.

    With that, the group and the pixels, a search leaves the picture itself and its patient out as before.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    format_version: Literal[1] = 1
    jpeg: bytes = Field(min_length=1, repr=False, description="clean, long side at most 512; base64 in JSON")
    picture: bytes = Field(min_length=1, repr=False, description=f"clean, long side at most {KEPT_SIDE}")
    content_hash: str | None = Field(default=None, description="SHA-256 of the file that came in")
    group_id: str | None = Field(default=None, description="patient or encounter, where it is known")


class Shelf(Protocol):
    """Where the pictures of one conversation lie, as JSON texts by handle. Another conversation has another shelf."""

    def read(self, handle: str) -> str | None:
        """The text under this handle; None where there is none."""

    def write(self, handle: str, text: str, *, max_pictures: int, max_bytes: int) -> None:
        """Put a text there as a whole; one that lies there already stays.

        Raises:
            ImageError: there would be more pictures or characters than these, or it cannot be written.
        """

    def handles(self) -> list[str]:
        """All handles, the newest last."""


class ShelvedImages(ImageStore):
    """An `ImageStore` whose pictures are on a shelf, drawn anew, so that a later process searches with the same ones.

    Args:
        shelf: of one conversation.
        secret: goes into the handles, so that one of another conversation means nothing here.
        max_pictures: refuse more.
        max_bytes: refuse more in all, as they lie on the shelf.
        limits: as of `ImageStore`.
    """

    def __init__(
        self,
        shelf: Shelf,
        secret: str,
        *,
        max_pictures: int = MAX_PICTURES,
        max_bytes: int = MAX_BYTES,
        limits: ImageLimits | None = None,
    ) -> None:
        super().__init__(max_pictures=max_pictures, max_bytes=max_bytes, limits=limits)
        self._shelf = shelf
        self._secret = secret

    def __len__(self) -> int:
        return len(self._shelf.handles())

    def _handle(self, digest: str) -> str:
        return super()._handle(hashlib.sha256(f"{self._secret}\0{digest}".encode()).hexdigest())

    def _cleaned(self, encoded: bytes, name: str) -> tuple[bytes, bytes]:
        image = open_image(encoded, min_side=KEPT_SIDE, limits=self.limits, name=name)
        return encode_jpeg(image), encode_jpeg(image, max_side=KEPT_SIDE, quality=95)

    def _find(self, handle: str) -> HeldImage | None:
        with self._lock:
            held = self._held.get(handle)
        text = self._shelf.read(handle) if held is None and _is_handle(handle) else None
        if text is not None:
            held = self._held[handle] = _held(handle, text)
        return held

    def _known(self) -> list[str]:
        return self._shelf.handles()

    def _keep(self, held: HeldImage) -> HeldImage:
        if (known := self._find(held.handle)) is not None:
            return known
        picture = held.source if isinstance(held.source, bytes) else held.jpeg
        kept = KeptPicture(jpeg=held.jpeg, picture=picture, content_hash=held.content_hash, group_id=held.group_id)
        self._shelf.write(
            held.handle, kept.model_dump_json(), max_pictures=self._max_pictures, max_bytes=self._max_bytes
        )
        self._held[held.handle] = held
        return held


def _is_handle(handle: str) -> bool:
    rest = handle.removeprefix(IMAGE_PREFIX)
    return rest != handle and rest.isalnum() and rest.isascii() and len(rest) <= 64


def _held(handle: str, text: str) -> HeldImage:
    try:
        kept = KeptPicture.model_validate_json(text)
    except ValidationError as problem:
        where = ".".join(map(str, problem.errors()[0]["loc"]))[:80]
        raise ImageError(
            f"picture {one_line(handle, 60)!r} is damaged where it is kept ({where}); attach it again"
        ) from None
    return HeldImage(handle, "picture", kept.jpeg, kept.picture, kept.group_id, kept.content_hash)
