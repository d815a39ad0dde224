"""Opening, orienting, cleaning and encoding pictures: the one door through which pixels come and go."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.images.content import content_hash as content_hash
    from dermtools.images.formats import jpeg_size as jpeg_size
    from dermtools.images.limits import ImageLimits as ImageLimits
    from dermtools.images.limits import WorkerLimits as WorkerLimits
    from dermtools.images.opening import STORED_SIDE as STORED_SIDE
    from dermtools.images.opening import ImageSource as ImageSource
    from dermtools.images.opening import data_url as data_url
    from dermtools.images.opening import encode_jpeg as encode_jpeg
    from dermtools.images.opening import open_image as open_image
    from dermtools.images.opening import read_bytes as read_bytes

__getattr__, __dir__, __all__ = exports(__name__)
