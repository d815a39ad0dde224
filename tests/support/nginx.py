"""A real nginx on loopback, with a configuration that is given."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.mcp_processes import PATIENCE

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


@contextmanager
def nginx(configuration: str, folder: Path, port: int) -> Iterator[None]:
    """Runs it until the end; all that nginx writes goes to the folder. Skips the test where there is none."""
    if NGINX is None:
        pytest.skip("nginx is not installed; the Debian package nginx has it")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    written, log = folder / "nginx.conf", folder / "error.log"
    text = replaced(configuration, ("http {\n", f"http {{\n    access_log off;\n{kept}"))
    written.write_text(f"pid {folder}/pid;\n{text}")
    command = [NGINX, "-p", str(folder), "-c", str(written), "-e", str(log), "-g", "daemon off;"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """The text with other words in places that must be there."""
    for stands, meant in pairs:
        assert stands in text
        text = text.replace(stands, meant)
    return text


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nginx did not start: {log.read_text() if log.exists() else ''}")
