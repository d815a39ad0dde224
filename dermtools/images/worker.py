"""The process in which pictures that nobody vouches for are decoded: `worker_pool` starts it and talks to it.

It reads requests from its standard input and answers on its standard output; both are pipes. An answer is a line of
JSON and then pixels or a JPEG, never a pickle: what a hostile picture makes of this process must not reach its parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from PIL import AvifImagePlugin, Image

from dermtools.errors import DermtoolsError, ImageError, MissingExtraError
from dermtools.images.formats import decode
from dermtools.images.opening import encode_jpeg
from dermtools.images.worker_pool import Answer, Request, bands

_OUT_OF_MEMORY = ("memory", "alloc", "could not create decoder")
"""Words of decoders for it: of Pillow's and of libheif, openjpeg and libtiff; of libwebp."""

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def main() -> None:
    """Answer requests until the parent ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand among the answers
    AvifImagePlugin.DEFAULT_MAX_THREADS = 2  # each takes memory
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the picture
    _send(answers, {})
    answers.flush()
    at_first = _data_bytes()
    while line := requests.readline():
        request: Request = json.loads(line)
        answer, picture = _decoded(request, requests.read(request["bytes"]))
        _send(answers, answer, picture)
        del picture
        # What has filled up would refuse the next picture for want of memory.
        is_ready = "out_of_memory" not in answer and _data_bytes() - at_first < request["memory"] // 4
        answers.write(b"true\n" if is_ready else b"false\n")
        answers.flush()


def _decoded(request: Request, data: bytes) -> tuple[Answer, Image.Image | bytes]:
    try:
        with _bounded(request):
            image = decode(data, min_side=request["min_side"], max_pixels=request["max_pixels"], label=request["label"])
            if not request["as_jpeg"]:
                return {"size": image.size}, image
            jpeg = encode_jpeg(image)
            return {"jpeg": len(jpeg)}, jpeg
    except (MemoryError, ImageError) as error:
        if _is_out_of_memory(error):
            return {"out_of_memory": True}, b""
        return {"refused": str(error)}, b""
    except DermtoolsError as error:
        return {"refused": str(error), "missing": isinstance(error, MissingExtraError)}, b""


@contextmanager
def _bounded(request: Request) -> Iterator[None]:
    """Memory bounded by the system, where it does that; and an end in time even where the parent has died."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], hard))
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1)  # its signal is not caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _is_out_of_memory(error: BaseException) -> bool:
    cause = error.__cause__ or error
    return isinstance(cause, MemoryError) or any(word in str(cause).lower() for word in _OUT_OF_MEMORY)


def _data_bytes() -> int:
    """What counts against RLIMIT_DATA, on Linux; elsewhere 0."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _send(answers: BinaryIO, answer: Answer, picture: Image.Image | bytes = b"") -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    if isinstance(picture, bytes):
        answers.write(picture)
    else:
        for top, bottom in bands(*picture.size):
            answers.write(picture.crop((0, top, picture.width, bottom)).tobytes())
