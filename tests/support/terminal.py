"""A terminal of 80 columns in which a command runs, and what a person sees in it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

from tests.support.patience import SAFETY_NET

COLUMNS, ROWS = 80, 50
CTRL_C, CTRL_D = b"\x03", b"\x04"
PRESS_AGAIN = 30
"""Seconds until a person presses Ctrl-C again: one that comes just as Python begins to wait for a line is seen only
once that line is there."""
AT_THE_TERMINAL = (
    "import fcntl, os, signal, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"  # signals of its keys come here
    "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"  # what a shell starts in the background ignores it
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
PROGRAM = "from dermtools.cli import main; main()"


@dataclass(frozen=True)
class Seen:
    """What a command left on the screen, scrolled lines included, and how it ended."""

    command: str
    code: int
    lines: list[str]

    @property
    def text(self) -> str:
        """All of it in one line, as it is read."""
        return " ".join(" ".join(self.lines).split())


def watch(
    *arguments: object,
    cwd: Path,
    keys: Sequence[tuple[str, bytes]] = (),
    shell: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Seen:
    """Run dermtools (or a `shell` line, in which `dermtools` is a command) as a person would.

    Args:
        keys: what is typed, each when the words before it are to be seen since the last typing.
    """
    typed = ["dermtools", *map(str, arguments)]
    screen = pyte.HistoryScreen(COLUMNS, ROWS, history=10_000)
    stream = pyte.ByteStream(screen)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {**os.environ, "PATH": path, "TERM": "xterm-256color", **(env or {})}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        own.pop(name, None)
    program = ["bash", "-c", shell] if shell else [sys.executable, "-c", PROGRAM, *typed[1:]]
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # Not by fork, which libraries that other tests have loaded do not survive.
    started = [sys.executable, "-c", AT_THE_TERMINAL, *program]
    process = subprocess.Popen(
        started, stdin=inside, stdout=inside, stderr=inside, cwd=cwd, env=own, start_new_session=True
    )
    os.close(inside)
    waiting, since = list(keys), b""
    again = float("inf")
    until = time.monotonic() + SAFETY_NET
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other side has ended
                break
            stream.feed(data)
            since += data
        if waiting and waiting[0][0] in since.decode(errors="replace"):
            key = waiting.pop(0)[1]
            os.write(terminal, key)
            since = b""
            again = time.monotonic() + PRESS_AGAIN if key == CTRL_C else float("inf")
        if time.monotonic() > again:
            os.write(terminal, CTRL_C)
            again = float("inf")
    os.close(terminal)
    code = process.wait()
    assert not waiting, f"{typed}: never seen: {waiting[0][0]}"
    scrolled = ["".join(line[column].data for column in range(COLUMNS)) for line in screen.history.top]
    lines = [line.rstrip() for line in [*scrolled, *screen.display]]
    while lines and not lines[-1]:
        lines.pop()
    return Seen(shell or " ".join(typed), code, lines)
