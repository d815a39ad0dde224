"""`onnx:FILE`: any image encoder in ONNX form, run by onnxruntime.

What has to be done to a picture before the model reads it comes, first found first, from

1. options: `onnx:m.onnx?mean=0.5,0.5,0.5&std=0.5,0.5,0.5`;
2. `m.json` beside `m.onnx`, an object with the same names (see `onnx_settings.OnnxSettings`);
3. the model: size and layout from its input's shape, channel order and range from the image entries of
   its metadata (github.com/onnx/onnx/blob/main/docs/MetadataProps.md);
4. ImageNet's mean and standard deviation, on an RGB picture stretched to the size; the pixels of 0 to 255 as they
   are where the input takes whole numbers.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dermtools.embedding.base import EmbedderIdentity, weights_revision
from dermtools.embedding.onnx_settings import OnnxSettings, ResolvedSettings, prepared, read_settings
from dermtools.embedding.pixels import fit
from dermtools.embedding.self_test import drawn_pictures
from dermtools.embedding.vectors import finished_rows, run_ahead
from dermtools.errors import EmbeddingError, require_extra

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray
    from PIL import Image


class OnnxEmbedder:
    """An image encoder in ONNX form. Not tied to a thread; calls may overlap."""

    def __init__(
        self, session: onnxruntime.InferenceSession, file: Path, settings: ResolvedSettings, *, spec: str, revision: str
    ) -> None:
        self.spec = spec
        self._session = session
        self._file = file
        self._settings, self._options = settings, settings.options
        self.image_side = max(settings.size)
        self.dimension = self._run(self._batch([drawn_pictures()[0]])).shape[1]
        if settings.center is not None and settings.center.shape != (self.dimension,):
            raise EmbeddingError(
                f"{file.name}: the centre has shape {settings.center.shape}, the vectors {(self.dimension,)}"
            )
        self.identity = EmbedderIdentity(
            name=f"onnx:{file.stem}",
            revision=revision,
            preprocessing=settings.id,
            dimension=self.dimension,
            normalized=settings.options.normalize,
        )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, d). Raises as `Embedder.embed_images`."""
        raw = run_ahead(images, self._options.batch_size, self._batch, self._run, self.dimension)
        if self._settings.center is not None:
            raw = raw - self._settings.center
        return finished_rows(raw, normalize=self._options.normalize)

    def _batch(self, images: Sequence[Image.Image]) -> NDArray[np.generic]:
        return np.stack([self._pixels(image) for image in images])

    def _run(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        try:
            output = self._session.run([self._options.output], {self._options.input: batch})[0]
        except _runtime_errors() as error:
            raise EmbeddingError(f"{self._file.name} did not run: {_first_line(error)}") from error
        return self._pooled(np.asarray(output, np.float32), rows=len(batch))

    def _pixels(self, image: Image.Image) -> NDArray[np.generic]:
        settings = self._options
        pixels = np.asarray(fit(image, self._settings.size, mode=settings.resize, resample=settings.resample))
        if settings.channels == "BGR":
            pixels = pixels[..., ::-1]
        values = prepared(pixels, settings)
        if self._settings.input_type.kind in "iu":
            values = np.rint(values)
        if settings.layout == "NCHW":
            values = values.transpose(2, 0, 1)
        return np.ascontiguousarray(values, dtype=self._settings.input_type)

    def _pooled(self, output: NDArray[np.float32], *, rows: int) -> NDArray[np.float32]:
        """One row a picture: (n, d) as it is, (n, d, 1, 1) or (n, 1, d) squeezed, more only by `pool`."""
        if output.ndim < 2 or len(output) != rows:
            raise EmbeddingError(f"{self._file.name}: output has shape {output.shape} for {rows} pictures")
        if output[0].size == max(output.shape[1:]):
            return output.reshape(rows, -1)
        if self._options.pool == "cls" and output.ndim == 3:
            return np.asarray(output[:, 0])
        if self._options.pool == "mean" and output.ndim == 3:
            return np.asarray(output.mean(axis=1))
        if self._options.pool == "mean" and output.ndim == 4:
            return np.asarray(output.mean(axis=(2, 3) if self._options.layout == "NCHW" else (1, 2)))
        raise EmbeddingError(
            f"{self._file.name}: output {self._options.output!r} has shape {output.shape}, not one vector a picture; "
            "name another with output=NAME, or pool it with pool=mean (tokens or feature map) or pool=cls (tokens)"
        )


def load(rest: str, **options: object) -> OnnxEmbedder:
    """Loader of the kind `onnx`: `rest` is the model's path, `options` are fields of `OnnxSettings`.

    An EmbeddingError where there is no such file, it is no ONNX model, or the settings do not fit it.
    """
    if not rest:
        raise EmbeddingError("onnx: no model named; write `onnx:FILE`, such as `onnx:model.onnx`")
    file = Path(rest).expanduser().resolve()
    if not file.is_file():
        raise EmbeddingError(f"onnx: no model file {file}")
    given = OnnxSettings.read(options, where="onnx").model_dump(exclude_unset=True)
    if given.get("center"):
        given["center"] = str((file.parent / Path(given["center"]).expanduser()).resolve())
    session = _open(file, threads=given.get("threads"))
    settings = read_settings(file, given, session)
    spec = OnnxSettings.spec("onnx", str(file), given)
    return OnnxEmbedder(session, file, settings, spec=spec, revision=weights_revision([file, *_external_weights(file)]))


def _open(file: Path, *, threads: int | None) -> onnxruntime.InferenceSession:
    runtime = require_extra("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    # By itself onnxruntime would count, and try to pin its threads to, all cores there are.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    options.intra_op_num_threads = threads or usable
    has_gpu = "CUDAExecutionProvider" in runtime.get_available_providers()
    # TF32 would set a GPU's vectors apart from a CPU's by about 1e-3.
    cuda = [("CUDAExecutionProvider", {"use_tf32": "0"})] if has_gpu else []
    try:
        return runtime.InferenceSession(str(file), options, providers=[*cuda, "CPUExecutionProvider"])
    except _runtime_errors() as error:
        raise EmbeddingError(f"{file} is not a model that onnxruntime can open: {_first_line(error)}") from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises: exceptions of its own, without a common base, and Python's."""
    state = require_extra("onnxruntime.capi.onnxruntime_pybind11_state", "onnx")
    own = [value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)]
    return (*own, RuntimeError, ValueError, TypeError, OSError)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _external_weights(file: Path) -> list[Path]:
    """Files beside a model that hold its weights, as models above 2 GB need; sorted.

    Their names stand in the model as entries `location` of `TensorProto.external_data` (onnx.proto).
    """
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as model:
        starts = [match.end() for match in re.finditer(rb"\x0a\x08location\x12", model)]
        names = {model[start + 1 : start + 1 + model[start]] for start in starts}
    paths = [file.parent / name.decode(errors="replace") for name in sorted(names)]
    return [path for path in paths if path.is_file()]
