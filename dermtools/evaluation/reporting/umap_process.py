"""UMAP in a process of its own: it holds a thread for seconds to minutes, and only a process can be ended midway.

The process reads a line of JSON and an .npy array, and answers `DONE TOTAL` lines, an empty line and an .npy array.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from dermtools.errors import QueryError, require_extra
from dermtools.progress import Progress, Silent
from dermtools.stops import ended_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBORS = 15
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from dermtools.evaluation.reporting.umap_process import main; main()"
)


def umap_places(
    vectors: NDArray[np.float32], seed: int, *, fitted: int, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Places of vectors in the plane, shape (n, 2); fitted on every so many of them, into which the others are put.

    McInnes, Healy, Melville 2018, "UMAP: Uniform Manifold Approximation and Projection".

    Args:
        vectors: shape (n, d), n at least 3.
        seed: the same gives the same places.
        fitted: fit on so many at most.
        progress: told of the epochs.

    Raises:
        MissingExtraError: umap-learn is not installed.
        QueryError: the process ended without an answer.
        StoppedError: the call was stopped; see `dermtools.stops`.
    """
    require_extra("umap", "report")
    asked = {"seed": seed, "every": -(-len(vectors) // fitted), "neighbors": NEIGHBORS}
    paths = json.dumps([path or str(Path.cwd()) for path in sys.path])
    command = [sys.executable, "-I", "-B", "-c", _START, paths]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            with ended_by(process.kill):
                places = _answer(process, json.dumps(asked).encode() + b"\n" + _npy(vectors), progress or Silent())
        finally:
            process.kill()
    if places is None:
        raise QueryError("UMAP ended without a map; choose principal components instead")
    return places


def _answer(process: subprocess.Popen[bytes], given: bytes, progress: Progress) -> NDArray[np.float64] | None:
    requests, answers = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    try:
        try:
            requests.write(given)
        finally:
            with suppress(OSError):  # it has ended already
                requests.close()
        done, total = 0, 0
        while (line := answers.readline()).strip():
            now, of = map(int, line.split())
            if of != total or now < done:  # fitting, and then putting in the others
                progress.start(of, "Laying out with UMAP")
                done, total = 0, of
            progress.advance(now - done)
            done = now
        places: NDArray[np.float64] = np.load(io.BytesIO(answers.read()), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return places


def _npy(array: NDArray[np.generic]) -> bytes:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=False)
    return written.getvalue()


class _Epochs:
    """A file that tqdm draws its bar to: `DONE TOTAL`."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers

    def write(self, text: str) -> None:
        numbers = text.split()
        if len(numbers) == 2 and all(number.isdigit() for number in numbers):
            self._answers.write(f"{numbers[0]} {numbers[1]}\n".encode())

    def flush(self) -> None:
        self._answers.flush()


def main() -> None:
    """Of the process: answer once."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand in the answer
    asked = json.loads(sys.stdin.buffer.readline())
    vectors = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    warnings.simplefilter("ignore")  # of its own inner workings: a missing TensorFlow, threads under a seed
    from umap import UMAP

    bar = {"disable": False, "file": _Epochs(answers), "bar_format": "{n} {total}", "mininterval": 0.2}
    chosen = vectors[:: asked["every"]]
    neighbors = min(asked["neighbors"], len(chosen) - 1)
    layout = UMAP(n_neighbors=neighbors, random_state=asked["seed"], n_jobs=1, tqdm_kwds=bar)
    places = np.empty((len(vectors), 2))
    places[:: asked["every"]] = layout.fit_transform(chosen)
    if asked["every"] > 1:
        others = np.arange(len(vectors)) % asked["every"] != 0
        places[others] = layout.transform(vectors[others])
    answers.write(b"\n" + _npy(places))
    answers.flush()
