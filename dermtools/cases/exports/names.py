"""File names for ids that may hold anything: safe on every file system, and each its own."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

_LONGEST = 100
"""Characters of a name; with folders before it, a path stays below the 260 of Windows."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+|\.{2,}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def safe_names(ids: Sequence[str]) -> list[str]:
    """A file name without extension for each of some different ids, in their order.

    An id that is safe as it stands is its own name. Any other, and those that differ only by case, become what is
    safe of them and digits of their SHA-256; so no two names differ only by case, none begins with a dot or a hyphen,
    and none is a device of Windows.
    """
    slugs = [_slug(one) for one in ids]
    folded = Counter(slug.casefold() for slug in slugs)
    plain = [slug == one and folded[slug.casefold()] == 1 for slug, one in zip(slugs, ids, strict=True)]
    taken = {slug.casefold() for slug, is_plain in zip(slugs, plain, strict=True) if is_plain}
    names = []
    for one, slug, is_plain in zip(ids, slugs, plain, strict=True):
        if is_plain:
            names.append(slug)
            continue
        digest = hashlib.sha256(one.encode()).hexdigest()
        tries = (f"{slug[: _LONGEST - count - 1]}-{digest[:count]}" for count in (8, 16, 64))
        name = next(name for name in tries if name.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return names


def _slug(one: str) -> str:
    slug = _UNSAFE.sub("_", one).strip("._-")[:_LONGEST].rstrip("._-")
    return f"_{slug}" if not slug or _DEVICES.fullmatch(slug) else slug
