"""Where every command ends: errors in one line, Ctrl-C with what was kept, and a reader that leaves early."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from dermtools.cli.arrow_alone import leave_pandas
from dermtools.cli.interruption import Terminated
from dermtools.errors import DermtoolsError

_WITHOUT_PANDAS = ("info", "cases", "search")
"""Commands that have to answer at once."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 an error said in one line, 2 wrong usage, 130 interrupted."""
    # Threads of FAISS and torch that wait for one another would else spin, and on a busy machine take twice the time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    before = signal.getsignal(signal.SIGTERM)
    try:
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)
        code = _run()
    except KeyboardInterrupt as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kept = error.args[0] if error.args else "nothing was changed; to start again, run"
        with suppress(OSError):
            if sys.stderr.isatty():
                print(file=sys.stderr)  # after ^C
            _say(f"interrupted: {kept}")
            print(f"  {_typed()}", file=sys.stderr, flush=True)
        with suppress(OSError):
            sys.stdout.flush()
        # At once: threads that wait for a service or a picture would be waited for.
        os._exit(143 if isinstance(error, Terminated) else 130)
    finally:
        signal.signal(signal.SIGTERM, before)
    sys.exit(code)


def _run() -> int:
    try:
        # Here, so that Ctrl-C while it is imported ends as later on.
        from dermtools.cli.app import run

        if sys.argv[1:2] and sys.argv[1] in _WITHOUT_PANDAS:
            leave_pandas()
        for stream in (sys.stdout, sys.stderr):
            # What the terminal cannot show is escaped.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except DermtoolsError as error:
        return _error(str(error), getattr(error, "exit_code", 1))
    except BrokenPipeError:
        return _unread()
    except Exception as error:
        if isinstance(error, ExceptionGroup) and error.split(BrokenPipeError)[1] is None:  # of a server's tasks
            return _unread()
        if os.environ.get("DERMTOOLS_DEBUG"):
            raise
        return _error(f"internal error, please report it: {error!r} (DERMTOOLS_DEBUG=1 shows where)", 1)
    return code


def _unread() -> int:
    """The reader of our output (`| head`) is gone; that is not an error of ours."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _error(message: str, code: int) -> int:
    with suppress(BrokenPipeError):
        _say(f"error: {message}")
    return code


def _say(message: str) -> None:
    """One line on standard error; in a terminal, one that breaks between words."""
    line = " ".join(message.split())
    if sys.stderr.isatty():
        import textwrap

        width = shutil.get_terminal_size().columns - 1
        line = textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    print(line, file=sys.stderr)


def _typed() -> str:
    """The command as it was typed, for the shell."""
    program = Path(sys.argv[0])
    found = shutil.which("dermtools")
    known = found is not None and (program.name != "dermtools" or Path(found).resolve() == program.resolve())
    return shlex.join(["dermtools" if known or program.name != "dermtools" else sys.argv[0], *sys.argv[1:]])


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated
