"""What neither a log nor a client is told: where things lie on the operator's machine, tokens, a picture's bytes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

_BYTES = re.compile(r"""b(['"])(?:\\.|(?!\1).){32,}\1|[A-Za-z0-9+/_-]{200,}=*""")
"""Bytes as Python writes them, or in base64."""
_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s'\"]+")
_QUOTED = re.compile(r"""(['"])(?:/|[A-Za-z]:[\\/])[^'"\n]*[\\/]([^'"\n]*)\1""")
"""An absolute path between quotes: there it may have spaces."""
_PATH = re.compile(r"""(?<![\w/:.-])(?:/|[A-Za-z]:[\\/])(?:[^\s\\/:"'<>|]+[\\/])+""")
"""The folders of an absolute path; never those of a URL."""


class Discretion:
    """Takes from a text what nobody is told.

    Args:
        paths: of the operator's files and folders; each becomes its last part. Of others, which may be in an error of
            a library, the folders go where they are recognised as such.
        token: that clients log in with.
    """

    def __init__(self, paths: Iterable[str | Path], token: str | None = None) -> None:
        found = {Path(path).expanduser() for path in paths}
        texts = {str(form): form.name for path in found for form in (path, path.absolute(), path.resolve())}
        # The longest first: one may lie in another.
        self._known = sorted(((text, name) for text, name in texts.items() if text != name), reverse=True)
        self._token = token

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._token is not None:
            text = text.replace(self._token, "...")
        for known, name in self._known:
            text = text.replace(known, name)
        text = _BEARER.sub(r"\1...", _BYTES.sub("(bytes)", text))
        return _PATH.sub("", _QUOTED.sub(r"\1\2\1", text))


class DiscreetFormatter(logging.Formatter):
    """Applies to a whole entry of the log, its traceback included."""

    def __init__(self, layout: str, discretion: Discretion) -> None:
        super().__init__(layout)
        self._discretion = discretion

    def format(self, record: logging.LogRecord) -> str:
        """One entry of the log."""
        return self._discretion(super().format(record))
