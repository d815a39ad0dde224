"""An embedder that waits at a barrier, so that a process can be killed at a known place."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dermtools.embedding.descriptor import DescriptorEmbedder
from tests.support.patience import SAFETY_NET


def until(condition: Callable[[], object]) -> None:
    """Wait for it; a TimeoutError where it never comes."""
    end = time.monotonic() + SAFETY_NET
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for never came")
        time.sleep(0.05)


class HeldEmbedder(DescriptorEmbedder):
    """The descriptor, under a spec that loads nothing: so it goes to workers as it is.

    Each process embeds `free` batches; then it says in `folder` that it waits, until there is a file `go`.
    """

    spec = "held"

    def __init__(self, folder: Path, free: int) -> None:
        self.folder = folder
        self.free = free

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        if self.free == 0:
            self._wait()
        self.free -= 1
        return super().embed_images(images)

    def _wait(self) -> None:
        import ray

        node = ray.get_runtime_context().get_node_id()
        (self.folder / f"waiting-{node}-{os.getpid()}").touch()
        until((self.folder / "go").exists)


def waiting(folder: Path) -> dict[str, list[int]]:
    """Node to the processes that wait there."""
    found: dict[str, list[int]] = {}
    for file in folder.glob("waiting-*"):
        _, node, pid = file.name.split("-")
        found.setdefault(node, []).append(int(pid))
    return found
