"""Opening, orienting, cleaning and encoding pictures: the one door through which pixels come and go."""

from dermtools.images.content import content_hash
from dermtools.images.opening import (
    STORED_SIDE,
    ImageLimits,
    ImageSource,
    data_url,
    encode_jpeg,
    open_image,
    read_bytes,
)

__all__ = [
    "STORED_SIDE",
    "ImageLimits",
    "ImageSource",
    "content_hash",
    "data_url",
    "encode_jpeg",
    "open_image",
    "read_bytes",
]
