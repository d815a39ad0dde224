"""Case bases of any size with random vectors, written through the real store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools import CaseBase
from dermtools.cases import Case, CaseStore, StoredCase, Task
from dermtools.embedding import EmbedderIdentity
from dermtools.images import content_hash, encode_jpeg

if TYPE_CHECKING:
    import faiss

SITES = ("arm", "back", "face", "foot", "hand", "neck", "scalp", "thigh")
CHUNK = 10_000


def random_case_base(
    path: Path, *, cases: int, dimension: int, per_group: int = 3, seed: int = 0, jpegs: Sequence[bytes] = ()
) -> np.ndarray:
    """Write a case base of random unit vectors; returns them, float32, shape (cases, dimension).

    The cases take turns with `jpegs`; by default all have one of noise, as large as a stored picture gets.
    """
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((cases, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    jpegs = jpegs or [encode_jpeg(Image.fromarray(rng.integers(0, 255, (512, 384, 3), dtype=np.uint8)), quality=50)]
    identity = EmbedderIdentity(
        name="random", revision=str(seed), preprocessing="none", dimension=dimension, normalized=True
    )
    store = CaseStore.create(
        path,
        embedder_spec="random",
        identity=identity,
        tasks=(Task(name="location", question="Which body site is shown?", labels=SITES),),
    )
    with store.write():
        for start in range(0, cases, CHUNK):
            rows = [
                StoredCase(
                    case=Case(
                        case_id=f"case_{i:06d}",
                        group_id=f"group_{i // per_group:06d}",
                        split="train",
                        labels={"location": (SITES[i % len(SITES)],)},
                    ),
                    content_hash=content_hash(b"%d" % i),
                    vector=vectors[i],
                    jpeg=jpegs[i % len(jpegs)],
                    width=512,
                    height=384,
                    picture_hash=rng.bytes(32),
                )
                for i in range(start, min(start + CHUNK, cases))
            ]
            store.add(rows)
        store.compact()
    return vectors


@contextmanager
def beside_bare(*, cases: int, dimension: int) -> Iterator[tuple[CaseBase, faiss.IndexFlatL2]]:
    """A case base of random unit vectors, `case_000000` and on, and FAISS's own flat index over the same."""
    import faiss  # tests that only make case bases do without

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "casebase"
        bare = faiss.IndexFlatL2(dimension)
        bare.add(random_case_base(path, cases=cases, dimension=dimension))
        yield CaseBase.open(path), bare


def photograph(path: Path, *, seed: int, size: tuple[int, int]) -> Path:
    """A JPEG of smooth structure with some grain: compresses to a few megabytes, as photographs do."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(60, 220, (30, 40, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.integers(-12, 13, (size[1], size[0], 1), dtype=np.int16)
    Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)).save(path, quality=92)
    return path
