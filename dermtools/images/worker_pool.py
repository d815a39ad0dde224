"""Processes that decode pictures which nobody vouches for: started when first needed, kept warm, ended at a limit.

Started by `subprocess` and not by `multiprocessing`, whose ways either copy the threads of this process (fork), or
import its main module again. Pools of libraries build on it; `concurrent.futures` cannot end a call that hangs either.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

from PIL import Image

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images.limits import MEMORY_VARIABLE, SECONDS_VARIABLE, Ceiling, WorkerLimits
from dermtools.stops import check_stop, ended_by

BAND_BYTES = 1 << 24
"""Pixels travel in bands of rows of about so many bytes, so that neither side holds a picture twice."""
MOST_WORKERS = max(2, min(8, os.cpu_count() or 2))
"""Decode so many at once; more wait. Two at least: one hostile picture then stops nobody else's."""

T = TypeVar("T")

_SECONDS_TO_START = 60
_LONGEST_ANSWER, _LARGEST_JPEG = 1 << 16, 1 << 24
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from dermtools.images.worker import main; main()"
_ENVIRONMENT = {
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
}
"""What a decoder may know of this process's environment, which often holds keys."""
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}  # each takes memory


class Request(TypedDict):
    """What a worker is asked, as a line of JSON; `bytes` of encoded picture follow."""

    bytes: int
    label: str
    max_pixels: int
    min_side: int | None
    as_jpeg: bool
    """Answer with the JPEG that a case base would keep, not with pixels."""
    seconds: float
    memory: int


class Answer(TypedDict, total=False):
    """What a worker answers, as a line of JSON; the pixels of `size`, RGB, or `jpeg` bytes follow.

    Then comes a line `true` or `false`: whether it can take another picture.
    """

    size: tuple[int, int]
    jpeg: int
    refused: str
    """The text of an ImageError, or of a MissingExtraError where `missing` is true."""
    missing: bool
    out_of_memory: bool


class _EndedError(Exception):
    """The worker ended, or answered what no worker answers."""


class _Worker:
    """One process; for one thread at a time."""

    def __init__(self) -> None:
        paths = json.dumps([path or str(Path.cwd()) for path in sys.path])
        environment = {name: value for name, value in os.environ.items() if name.upper() in _ENVIRONMENT} | _ONE_THREAD
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _START, paths],
            bufsize=0,
            pipesize=1 << 20,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in a terminal is for its parent alone
        )
        self._requests = cast(io.FileIO, self.process.stdin)
        self._answers = io.BufferedReader(cast(io.FileIO, self.process.stdout))
        self.is_late = self.is_spent = False
        self._is_ready = False

    def ask(self, request: Request, data: bytes) -> tuple[Answer, Image.Image | bytes]:
        """The answer, and the picture where there is one; an _EndedError where the process ended."""
        if not self._is_ready:
            self._in_time(_SECONDS_TO_START, self._line)
            self._is_ready = True
        return self._in_time(request["seconds"], lambda: self._exchange(request, data))

    def end(self) -> None:
        """End the process, whatever it does, and leave nothing of it behind."""
        self.process.kill()
        self.process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):
                pipe.close()

    def abandon(self) -> None:
        """In a forked copy of its parent: let go of the pipe, so that the process still ends with the parent."""
        self._requests.close()
        self.process.returncode = 0  # of another process: not to be waited for here

    def _in_time(self, seconds: float, action: Callable[[], T]) -> T:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            with ended_by(self.process.kill):
                result = action()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _EndedError from error
        finally:
            timer.cancel()
            timer.join()
        if self.is_late:
            raise _EndedError
        return result

    def _expire(self) -> None:
        self.is_late = True
        self.process.kill()

    def _exchange(self, request: Request, data: bytes) -> tuple[Answer, Image.Image | bytes]:
        for part in (json.dumps(request).encode() + b"\n", data):
            rest = memoryview(part)
            while rest:
                rest = rest[self._requests.write(rest) :]
        answer: Answer = self._line()
        picture: Image.Image | bytes = b""
        if "jpeg" in answer:
            picture = self._read(min(answer["jpeg"], _LARGEST_JPEG))
        elif "size" in answer:
            width, height = answer["size"]
            Ceiling(request["max_pixels"], request["label"]).check_size((width, height))
            picture = Image.new("RGB", (width, height))
            for top, bottom in bands(width, height):
                pixels = self._read(3 * width * (bottom - top))
                picture.paste(Image.frombytes("RGB", (width, bottom - top), pixels), (0, top))
        self.is_spent = self._line() is not True
        return answer, picture

    def _line(self) -> Any:
        return json.loads(self._answers.readline(_LONGEST_ANSWER))

    def _read(self, count: int) -> bytes:
        if len(data := self._answers.read(count)) < count:
            raise ValueError("cut off")
        return data


def bands(width: int, height: int) -> list[tuple[int, int]]:
    """First and last row, the latter excluded, of each band of a picture."""
    rows = max(1, BAND_BYTES // (3 * width))
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]


class _Pool:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(MOST_WORKERS)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    def ask(self, request: Request, data: bytes) -> tuple[Answer, Image.Image | bytes]:
        """Answer of a warm worker, else of a new one; an ImageError where it could not give one."""
        with self._free:
            try:
                worker = self._taken()
            except OSError as error:
                raise ImageError(
                    f"{request['label']}: no process could be started to decode it ({error}); try again later"
                ) from error
            is_kept = False
            try:
                answer, picture = worker.ask(request, data)
                is_kept = not worker.is_spent
            except _EndedError as error:
                check_stop()
                raise ImageError(f"{request['label']}: {_reason(worker, request)}") from error
            finally:
                with self._lock:
                    if is_kept:
                        self._idle.append(worker)
                    else:
                        self._all.discard(worker)
                if not is_kept:
                    worker.end()
        return answer, picture

    def _taken(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    return worker
                self._all.discard(worker)
                worker.end()
        worker = _Worker()
        with self._lock:
            self._all.add(worker)
        return worker

    def close(self) -> None:
        """End all workers; the next picture starts a new one."""
        with self._lock:
            for worker in self._all:
                worker.end()
            self._all.clear()
            self._idle.clear()

    def forget(self) -> None:
        """In a forked copy of this process: its workers are another's."""
        for worker in self._all:
            worker.abandon()
        _ABANDONED.extend(self._all)
        self.__init__()  # type: ignore[misc]


POOL = _Pool()
_ABANDONED: list[_Worker] = []
atexit.register(POOL.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=POOL.forget)


def decode_apart(
    data: bytes, *, min_side: int | None, max_pixels: int, label: str, limits: WorkerLimits
) -> Image.Image:
    """`formats.decode` in a worker; an ImageError too where it reaches a limit or ends the process."""
    image = _asked(data, min_side, max_pixels, label, limits, as_jpeg=False)
    assert isinstance(image, Image.Image)
    return image


def jpeg_apart(data: bytes, *, min_side: int | None, max_pixels: int, label: str, limits: WorkerLimits) -> bytes:
    """As `decode_apart`, then encoded as `opening.encode_jpeg` does by default, in the worker."""
    jpeg = _asked(data, min_side, max_pixels, label, limits, as_jpeg=True)
    assert isinstance(jpeg, bytes)
    return jpeg


def _asked(
    data: bytes, min_side: int | None, max_pixels: int, label: str, limits: WorkerLimits, *, as_jpeg: bool
) -> Image.Image | bytes:
    request = Request(
        bytes=len(data),
        label=label,
        max_pixels=max_pixels,
        min_side=min_side,
        as_jpeg=as_jpeg,
        seconds=limits.seconds,
        memory=limits.memory,
    )
    answer, picture = POOL.ask(request, data)
    if "refused" in answer:
        raise (MissingExtraError if answer.get("missing") else ImageError)(answer["refused"])
    if answer.get("out_of_memory"):
        raise ImageError(
            f"{label}: decoding takes more than {limits.memory:,} bytes of memory; save it smaller, or raise "
            f"--max-decoding-bytes ({MEMORY_VARIABLE}, in Python WorkerLimits.memory)"
        )
    return picture


def _reason(worker: _Worker, request: Request) -> str:
    """Why a worker ended, and what to do."""
    if worker.is_late:
        return (
            f"decoding took longer than {request['seconds']:g} s; save it smaller, or as a plain JPEG, or raise "
            f"--max-decoding-seconds ({SECONDS_VARIABLE}, in Python WorkerLimits.seconds)"
        )
    with suppress(subprocess.TimeoutExpired):
        worker.process.wait(1)  # its pipes close a moment before it has ended
    status = worker.process.returncode
    how = signal.Signals(-status).name if status is not None and status < 0 else f"exit status {status}"
    return f"the process that decoded it ended early ({how}); save or download it again, as JPEG or PNG"
