"""A host of MCP Apps, built from the official ext-apps package and served on loopback."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.npm_packages import NO_NPM, PAGE, install

HERE = Path(__file__).parent
WANTED = "@modelcontextprotocol/ext-apps"


def packages(folder: Path) -> Path:
    """The page's npm packages: those of this checkout, else installed below `folder`, or the test is skipped."""
    if shutil.which("node") is None:
        pytest.skip(NO_NPM)
    installed = PAGE / "node_modules"
    return installed if (installed / WANTED).exists() else install(folder)


def build(folder: Path, installed: Path) -> Path:
    """The host's page, complete in one folder."""
    built = folder / "host"
    built.mkdir()
    shutil.copy(HERE / "index.html", built)
    # What the bridge notes for developers is left out, so that a console with anything on it is a fault.
    options = ["--bundle", "--format=iife", "--minify", "--pure:console.debug", f"--outfile={built / 'host.js'}"]
    command = [str(installed / ".bin" / "esbuild"), str(HERE / "host.js"), *options]
    done = subprocess.run(
        command, env={**os.environ, "NODE_PATH": str(installed)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return built


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serves a folder on loopback, and gives its origin."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
