"""Ingest of real photographs from end to end, against its encoder alone and its decoding alone, in one run.

    python -m benchmarks.throughput FOLDER [SPEC ...]

FOLDER holds pictures; each SPEC is an embedder, e.g. `efficientnet-lite0` or `onnx:FILE`. The first line, which alone
has a budget, is of an encoder that takes as long as decoding does and no core, as one on a GPU: it shows what waits for
what, the first batch decoded before it too. An encoder on the same cores as the decoding cannot be
hidden behind it: there the sum of both is the bound, and is told. Nothing of this was measured on a GPU.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.timing import report, seconds
from dermtools import CaseBase
from dermtools.cases import Case, SourceCase, SourceData, Task
from dermtools.embedding import Embedder, EmbedderIdentity, load_embedder
from dermtools.methods.folder import pictures_of
from dermtools.retrieval.ingest.prepare import prepare, prepared_ahead

PICTURES, BATCH, ROUNDS = 1024, 64, 2
FEWER = 256
"""Pictures for an encoder that works here."""
BUDGET = 1.1


class Elsewhere:
    """An encoder whose work is done elsewhere: so many seconds a picture, and no core."""

    spec, dimension, image_side = "elsewhere", 1024, 224
    identity = EmbedderIdentity(name="elsewhere", revision="1", preprocessing="none", dimension=1024, normalized=False)
    each = 0.0

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        time.sleep(self.each * len(images))
        return np.stack([np.full(1024, image.width, np.float32) for image in images])


def measured(embedder: Embedder, files: Sequence[Path], folder: Path) -> tuple[float, float, float]:
    """Seconds of decoding alone, of the encoder alone, and of the ingest."""
    cases = tuple(
        SourceCase(Case(case_id=str(i), group_id=str(i), split="train", labels={"x": ("a",)}), file)
        for i, file in enumerate(files)
    )
    case_base = CaseBase.create(Path(tempfile.mkdtemp(dir=folder)) / "base", embedder=embedder)
    ready = partial(prepare, embedder=embedder, manifest=case_base.store.manifest, known=())
    began = time.perf_counter()
    prepared = list(prepared_ahead(cases, ready, workers=2))
    decoding = time.perf_counter() - began
    images = [one.picture.image for one in prepared if one.picture is not None and one.picture.image is not None]
    if isinstance(embedder, Elsewhere):
        embedder.each = decoding / len(images)
    encoding = seconds(lambda: [embedder.embed_images(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
    data = SourceData(name="x", tasks=(Task(name="x", question="?", labels=("a",)),), cases=cases)
    return decoding, encoding, seconds(lambda: case_base.add(data, batch_size=BATCH))


def told(embedder: Embedder, files: Sequence[Path], *, budget: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        runs = [measured(embedder, files, Path(folder)) for _ in range(ROUNDS if budget else 1)]
    decoding, encoding, whole = min(runs, key=lambda run: run[2] / max(run[:2]))
    ratio, of_sum = whole / max(decoding, encoding), whole / (decoding + encoding)
    figures = f"{whole:.1f} s; decoding alone {decoding:.1f} s, encoder alone {encoding:.1f} s: "
    figures += f"{ratio:.2f} of the longer, {of_sum:.2f} of the sum"
    what = f"ingest of {len(files)} photographs, {embedder.spec.rpartition('/')[2]}"
    if budget:
        return report(what, figures, f"{BUDGET} x the longer", ratio <= BUDGET)
    print(f"       {what}: {figures}", flush=True)
    return True


def main(folder: Path, specs: Sequence[str]) -> bool:
    files = pictures_of(folder)[:PICTURES]
    held = told(Elsewhere(), files, budget=True)
    for spec in specs:
        told(load_embedder(spec), files[:FEWER], budget=False)
    return held


if __name__ == "__main__":
    raise SystemExit(not main(Path(sys.argv[1]), sys.argv[2:]))
