"""The address in the person's browser, without telling it to others on this machine."""

from __future__ import annotations

import html
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_FORWARD = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={}"><title>dermtools</title>'


@contextmanager
def opened_in_browser(address: str) -> Iterator[None]:
    """Open an address; what is needed for it is gone with the block.

    The browser is given a file that only its owner can read and that leads on: what stands on a command line, as an
    address does, every user of the machine can list, and whoever came first would have the token.
    """
    with TemporaryDirectory(prefix="dermtools-") as folder:
        page = Path(folder) / "open.html"
        page.touch(mode=0o600)
        page.write_text(_FORWARD.format(html.escape(address)), encoding="utf-8")
        # Apart, since a browser of the terminal ends only when the person leaves it.
        threading.Thread(target=webbrowser.open, args=[page.as_uri()], daemon=True).start()
        yield
