"""One command as a fresh process: its time and its peak of memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.mcp_start import INITIALIZE, INITIALIZED, LIST

SAMPLED = 0.02
"""Seconds between looks at the memory that is a process's own."""
PATIENCE = 900
DERMTOOLS = (sys.executable, "-c", "from dermtools.cli import main; main()")
Until = Callable[["subprocess.Popen[bytes]"], None]


class FailedError(Exception):
    """A command ended with an error, or was ended; its last lines."""


@dataclass(frozen=True)
class Measure:
    """What one run took."""

    seconds: float
    """By the clock."""
    processor: float
    """Seconds of processor time of all threads, which other processes of the machine hardly change."""
    peak: int
    """Bytes in memory at most, mapped files included; of its last hundredths of a second, what it had before."""
    own: int
    """Bytes in memory at most without mapped files, sampled."""


def measured(arguments: Sequence[str], until: Until | None = None) -> Measure:
    """A process from its start to its end; or until `until` returns, upon which it is ended.

    Raises:
        FailedError: it ended otherwise.
    """
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE if until else said, stderr=said
        )
        watch = _Watch(process.pid)
        if until is None:
            _, status, usage = os.wait4(process.pid, 0)
            took = time.perf_counter() - began
        else:
            until(process)
            took = time.perf_counter() - began
            process.send_signal(signal.SIGTERM)
            _, status, usage = os.wait4(process.pid, 0)
            process.stdout.close() if process.stdout else None
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.over.set()
        if until is None and status:
            said.seek(0)
            last = said.read()[-600:].decode(errors="replace")
            raise FailedError(f"{' '.join(arguments[-6:])}: status {process.returncode}: {last}")
    return Measure(round(took, 3), round(usage.ru_utime + usage.ru_stime, 3), watch.peak, watch.own)


def listed(process: subprocess.Popen[bytes]) -> None:
    """Wait for the tools of `dermtools mcp`."""
    assert process.stdin is not None
    assert process.stdout is not None
    for message in (INITIALIZE, INITIALIZED, LIST):
        process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    while json.loads(process.stdout.readline()).get("id") != LIST["id"]:
        continue


def answered(process: subprocess.Popen[bytes]) -> None:
    """Wait for the first cases of `dermtools app`."""
    assert process.stdout is not None
    said = b""
    while not (found := re.search(rb"(http://[^/]+)/#(\S+)", said)):
        line = process.stdout.readline()
        if not line:
            raise FailedError(said.decode(errors="replace"))
        said += line
    with httpx.Client(base_url=found[1].decode(), timeout=PATIENCE) as browser:
        token = found[2].decode().rpartition("=")[2]
        path = browser.post("/session", content=token).raise_for_status().json()["path"]
        last = browser.post(f"{path}/api/cases", json={}).raise_for_status().text.splitlines()[-1]
    if "result" not in json.loads(last):
        raise FailedError(last)


class _Watch:
    """Looks at the memory of a process until it is over; processes that it starts, as to decode pictures, come on top.

    The operating system's own figure at the end counts what the process that started it had in memory, too.
    """

    def __init__(self, pid: int) -> None:
        self.peak = self.own = 0
        self.over = threading.Event()
        self._status = Path(f"/proc/{pid}/status")
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while not self.over.wait(SAMPLED):
            with contextlib.suppress(OSError, IndexError):
                said = self._status.read_text()
                self.peak = max(self.peak, _bytes(said, "VmHWM:"))
                self.own = max(self.own, _bytes(said, "RssAnon:"))


def _bytes(status: str, what: str) -> int:
    return int(status.partition(what)[2].split()[0]) * 1024
