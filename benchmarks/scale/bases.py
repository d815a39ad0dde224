"""Case bases of any size whose vectors lie in clusters as real ones do, each case with a small picture.

Every `COPIED`-th case is an edited copy of the one before, of another patient: its picture mirrored, its vector a
little off. Perceptual hashes of all others are drawn, so that a few hundred pictures do for a million cases.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from benchmarks.clustered import Clustered, drawn
from dermtools.cases import CaseStore, Task
from dermtools.cases.columns import LABEL_PREFIX, schema
from dermtools.embedding import EmbedderIdentity
from dermtools.images.picture_hash import HASH_BYTES, turned

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

DIMENSION = 1024
CHUNK = 6_000
COPIED, OFF = 100, 24
"""One case in so many is a copy, whose perceptual hash differs in at most so many bits beside being mirrored."""
PICTURES = 500
PER_GROUP = 3
SIZE, COARSE = (96, 72), (9, 12, 3)
ORIGINAL = (1024, 768)
"""Pixels that the stored pictures are said to have had, lest all count as tiny."""
TASK = "diagnosis"
LABELS = tuple(f"label {number:02d}" for number in range(12))
SITES = ("arm", "back", "face", "foot", "hand", "neck", "scalp", "thigh")
NAME = "clustered"
ATTRIBUTES = ("age", "sex", "site")


@dataclass(frozen=True)
class Chunk:
    """Some cases, one after the other; row i of every column is the same case."""

    start: int
    vectors: NDArray[np.float32]
    """Norm 1, shape (n, 1024)."""
    labels: list[str]
    jpegs: list[bytes]
    hashes: NDArray[np.uint8]
    """Perceptual hashes, shape (n, 32)."""

    @property
    def rows(self) -> range:
        return range(self.start, self.start + len(self.labels))

    def column(self, name: str) -> list[object]:
        """A column of plain values: `case_id`, `group_id`, `split`, or one of `ATTRIBUTES`."""
        return [cell(name, row) for row in self.rows]


def cell(name: str, row: int) -> object:
    """What a row has in a column of plain values."""
    group = row // PER_GROUP
    match name:
        case "case_id":
            return f"case_{row:08d}"
        case "group_id":
            return f"patient_{group:08d}"
        case "split":
            return ("train", "train", "train", "train", "train", "train", "train", "valid", "test", "test")[group % 10]
        case "age":
            return 20 + group * 7 % 70
        case "sex":
            return ("female", "male")[group % 2]
    return SITES[row * 5 % len(SITES)]


def case_id(row: int) -> str:
    """Id of the case of a row."""
    return str(cell("case_id", row))


def chunk(start: int, count: int) -> Chunk:
    """The `CHUNK` cases, or fewer, from one row on; the same whatever is made beside them."""
    rng = np.random.default_rng(start)
    population, directions = _population()
    vectors = drawn(population, count, sample=1 + start // CHUNK, per_group=PER_GROUP)
    # Labels follow where a vector lies, but for one in ten.
    numbers = (vectors @ directions).argmax(axis=1)
    numbers = np.where(rng.random(count) < 0.9, numbers, rng.integers(len(LABELS), size=count))
    pictures = rng.integers(PICTURES, size=count)
    hashes = rng.integers(256, size=(count, HASH_BYTES), dtype=np.uint8)
    copies = np.arange(COPIED - 1, count, COPIED)
    vectors[copies] = vectors[copies - 1] + rng.standard_normal((len(copies), DIMENSION), np.float32) * 0.001
    vectors[copies] /= np.linalg.norm(vectors[copies], axis=1, keepdims=True)
    pictures[copies] = pictures[copies - 1] + PICTURES
    hashes[copies] = turned(hashes[copies - 1])[:, 1]
    off = rng.integers(256, size=(len(copies), OFF))
    hashes[copies] ^= np.packbits((off[:, :, None] == np.arange(256)).any(axis=1), axis=1)
    return Chunk(start, vectors, [LABELS[number] for number in numbers], [_jpeg(one) for one in pictures], hashes)


def new_picture(number: int) -> bytes:
    """A small picture as JPEG, another one for each number."""
    return _encoded(_drawn(number))


@cache
def _jpeg(number: int) -> bytes:
    """One of a few pictures; from `PICTURES` on the mirrored ones."""
    picture = _drawn(number % PICTURES)
    return _encoded(ImageOps.mirror(picture) if number >= PICTURES else picture)


def _drawn(number: int) -> Image.Image:
    pixels = np.random.default_rng(number).integers(40, 230, COARSE, np.uint8)
    return Image.fromarray(pixels).resize(SIZE, Image.Resampling.BICUBIC)


def _encoded(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=80)
    return encoded.getvalue()


@cache
def _population() -> tuple[Clustered, NDArray[np.float32]]:
    """The vectors' population, and one direction from its mean for each label, shape (1024, labels)."""
    population = Clustered(DIMENSION)
    some = drawn(population, 2_000)
    directions = some[:: len(some) // len(LABELS)][: len(LABELS)] - some.mean(axis=0)
    return population, np.ascontiguousarray((directions / np.linalg.norm(directions, axis=1, keepdims=True)).T)


def chunks(cases: int) -> Iterator[tuple[int, int]]:
    """First row and length of each chunk."""
    return ((start, min(CHUNK, cases - start)) for start in range(0, cases, CHUNK))


def grown(path: Path, cases: int) -> Path:
    """A case base of that many cases at `path`, made if it is not there: written as an ingest would, but in bulk."""
    if path.exists():
        return path
    draft = path.with_name(path.name + ".draft")
    store = CaseStore.create(
        draft,
        embedder_spec=NAME,
        identity=EmbedderIdentity(name=NAME, revision="0", preprocessing="none", dimension=DIMENSION, normalized=True),
        tasks=(Task(name=TASK, question="Which diagnosis is shown?", labels=LABELS),),
    )
    store.add_whole(_stored(cases))
    store.compact()
    draft.rename(path)
    return path


def _stored(cases: int) -> pa.RecordBatchReader:
    import pyarrow as pa

    columns = schema([TASK], DIMENSION)

    def batches() -> Iterator[pa.RecordBatch]:
        # Two processes, since drawing and hashing a picture takes the interpreter; few chunks are held.
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            waiting = []
            for start, count in chunks(cases):
                waiting.append(pool.submit(_arrays, start, count))
                if len(waiting) > 3:
                    yield pa.RecordBatch.from_arrays(waiting.pop(0).result(), schema=columns)
            for one in waiting:
                yield pa.RecordBatch.from_arrays(one.result(), schema=columns)

    return pa.RecordBatchReader.from_batches(columns, batches())


def _arrays(start: int, count: int) -> list[pa.Array]:
    """The columns of the table on disk, in its order."""
    import pyarrow as pa

    made = chunk(start, count)
    attributes = zip(*(made.column(name) for name in ATTRIBUTES), strict=True)
    cells = {
        **{name: made.column(name) for name in ("case_id", "group_id", "split")},
        "attributes": [json.dumps(dict(zip(ATTRIBUTES, one, strict=True))) for one in attributes],
        "content_hash": [hashlib.sha256(b"%d" % row).hexdigest() for row in made.rows],
        "width": [ORIGINAL[0]] * count,
        "height": [ORIGINAL[1]] * count,
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(made.vectors.ravel()), DIMENSION),
        "jpeg": made.jpegs,
        "picture_hash": [row.tobytes() for row in made.hashes],
        LABEL_PREFIX + TASK: [[label] for label in made.labels],
    }
    return [
        cells[field.name] if isinstance(cells[field.name], pa.Array) else pa.array(cells[field.name], field.type)
        for field in schema([TASK], DIMENSION)
    ]
