"""The process: it says its address at once, ends at a signal, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.app_server import COMMAND, Tab, serving
from tests.support.patience import SAFETY_NET


def test_it_ends_at_ctrl_c_with_code_0(tmp_path: Path) -> None:
    with serving(TMPDIR=str(tmp_path)) as server:
        assert httpx.get(server.origin).status_code == 200
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(SAFETY_NET) == 0
    assert list(tmp_path.iterdir()) == []


def test_only_this_machine_reaches_it(tmp_path: Path) -> None:
    with serving(TMPDIR=str(tmp_path)) as server:
        assert server.origin.startswith("http://127.0.0.1:")
        port = int(server.origin.rpartition(":")[2])
        # Whoever listens on all addresses would have this one too.
        with socket.create_server(("127.0.0.2", port)):
            pass


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--port", str(port), "--no-browser"], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_newcomer_looks_at_the_drawn_sample(open_tab: Callable[..., Tab], tmp_path: Path) -> None:
    with serving(TMPDIR=str(tmp_path)) as server:
        tab = open_tab()
        tab.page.goto(server.address)
        drawn = tab.page.get_by_role("button", name="Try it with drawn pictures")
        drawn.wait_for()
        tab.check()
        drawn.click()
        tab.page.get_by_role("heading", name="Similar cases", exact=True).wait_for()
        tab.check()
        assert list(tmp_path.glob("dermtools-*/sample"))
        server.process.send_signal(signal.SIGINT)
        server.process.wait(SAFETY_NET)
        assert list(tmp_path.glob("dermtools-*")) == []
