"""Ingest without the encoder, against a plain open-convert-resize loop, on 12-megapixel JPEGs."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.synthetic import photograph
from benchmarks.timing import compare, report
from dermtools import CaseBase
from dermtools.cases import Case, SourceCase, SourceData, Task
from dermtools.embedding import EmbedderIdentity

PICTURES, SIZE = 24, (4000, 3000)
BUDGET = 0.5


class FreeEmbedder:
    """Costs nothing, so that what is left is everything but the encoder."""

    spec = "free"
    dimension = 1024
    image_side = 480
    identity = EmbedderIdentity(name="free", revision="1", preprocessing="none", dimension=1024, normalized=False)

    def embed_images(self, images: list[Image.Image]) -> np.ndarray:
        return np.stack([np.full(1024, image.width, np.float32) for image in images])


def main() -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [photograph(folder / f"{i}.jpg", seed=i, size=SIZE) for i in range(PICTURES)]
        task = Task(name="location", question="Which body site is shown?", labels=("arm",))
        cases = [
            SourceCase(Case(case_id=f.stem, group_id=f.stem, split="train", labels={"location": ("arm",)}), f)
            for f in files
        ]
        data = SourceData(name="big", tasks=(task,), cases=tuple(cases))
        number = itertools.count()

        def ours() -> None:
            CaseBase.create(folder / f"casebase{next(number)}", embedder=FreeEmbedder()).add(data)

        def peer() -> None:
            for file in files:
                with Image.open(file) as image:
                    image.convert("RGB").resize((480, 480), Image.Resampling.BICUBIC)

        result = compare(ours, peer, rounds=5)
    measured = (
        f"{result.ours / PICTURES * 1e3:.0f} ms a picture against {result.peer / PICTURES * 1e3:.0f} ms, "
        f"ratio {result.ratio:.2f}"
    )
    return report("ingest of 12-megapixel JPEGs", measured, f"{BUDGET} x", result.ratio <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
