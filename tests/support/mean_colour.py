"""A real, tiny embedder, and sources of plain pictures for it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.store import CaseStore
from dermtools.retrieval import IngestReport

IDENTITY = EmbedderIdentity(name="mean-colour", revision="1", preprocessing="none", dimension=3, normalized=False)
LOCATION = Task(name="location", question="Where?", labels=("face", "hand"))


class MeanColour:
    """Mean red, green and blue; reads the colours' names too. Keeps the sizes of its batches; `before` may fail."""

    spec = "mean-colour"
    identity = IDENTITY
    dimension = 3
    image_side = 16
    logit_scale = 1.0

    def __init__(self, before: Callable[[NDArray[np.float32]], None] = lambda vectors: None) -> None:
        self.batches: list[int] = []
        self.before = before

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        vectors = np.array([np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images])
        self.before(vectors)
        self.batches.append(len(images))
        return vectors

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[255.0 * (name in text) for name in ("red", "green", "blue")] for text in texts], np.float32)


class Watcher:
    """Progress that keeps its sums."""

    def __init__(self) -> None:
        self.total = self.done = 0

    def start(self, total: int, description: str) -> None:
        self.total, self.done = total, 0

    def advance(self, n: int = 1) -> None:
        self.done += n


def empty_store(folder: Path) -> CaseStore:
    return CaseStore.create(folder / "base", embedder_spec="mean-colour", identity=IDENTITY)


def shade(level: int, size: tuple[int, int] = (40, 30)) -> bytes:
    """A PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, (level, 255 - level, 90)).save(out, "PNG")
    return out.getvalue()


def source_case(number: int, image: Path | bytes | None = None, **changes: object) -> SourceCase:
    case = {
        "case_id": f"case{number}",
        "group_id": f"group{number // 2}",
        "split": "train",
        "labels": {"location": ("face", "hand")[number % 2 :]},
        "attributes": {"age": number},
    }
    return SourceCase(Case(**(case | changes)), shade(number * 10) if image is None else image)


def source(
    *cases: SourceCase, tasks: tuple[Task, ...] = (LOCATION,), notes: tuple[str, ...] = ("drawn",)
) -> SourceData:
    return SourceData(name="drawn", tasks=tasks, cases=cases, notes=notes)


TEN = source(*(source_case(number) for number in range(10)))


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    """Added, updated, unchanged, embedded."""
    return report.added, report.updated, report.unchanged, report.embedded
