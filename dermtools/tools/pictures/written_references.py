"""What a picture's reference is written as, beside a plain path: a `file:` URL, or bytes without their `data:`."""

from __future__ import annotations

import base64
import os
import re
from urllib.parse import unquote, urlsplit

from dermtools.errors import ImageError
from dermtools.folders import refuse
from dermtools.images.kinds import format_of

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64}")
"""The start of bytes in base64: enough to say which format they are, and longer than a name without a dot."""


def check_is_no_base64(reference: str) -> None:
    """Nothing where it is a path or the like.

    Raises:
        ImageError: these are a picture's bytes in base64, without what says so.
    """
    if start := _BASE64.match(reference):
        kind = format_of(base64.b64decode(start[0].replace("-", "+").replace("_", "/")))
        if kind is not None:
            media = f"image/{kind.lower().replace(' ', '')}"
            given = f"data:{media};base64,{start[0][:8]}..."
            raise ImageError(f"this is base64 without what says so; give it as a data: URL: {given}")


def path_of_file_url(url: str) -> str:
    """The path that a `file:` URL of this machine means, with its percent signs decoded; it is granted or not as any.

    Raises:
        ImageError: another machine's, or one with a query or a fragment.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise refuse("a file: URL that cannot be read") from None
    if parts.netloc.lower() not in ("", "localhost"):
        raise refuse("a file: URL of another machine")
    if parts.query or parts.fragment or not parts.path.startswith("/"):
        raise refuse("a file: URL that is not file:///PATH (write %23 for #, %3F for ?)")
    path = unquote(parts.path, errors="surrogateescape")
    return path[1:] if os.name == "nt" and re.match(r"/[A-Za-z]:", path) else path
