"""How pictures are prepared for an ONNX model: read from options, a JSON file, the model, or defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from dermtools.embedding.options import CommaSeparatedFloats, CommaSeparatedInts, Options
from dermtools.embedding.pixels import ResampleFilter, ResizeMode
from dermtools.errors import EmbeddingError
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

Layout = Literal["NCHW", "NHWC"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RAW: dict[str, object] = {"scale": 1, "mean": (0, 0, 0), "std": (1, 1, 1)}
"""Pixels of 0 to 255 as they are."""

INPUT_TYPES = {"float": "float32", "float16": "float16", "double": "float64"} | {
    name: name for name in ("uint8", "int8", "uint16", "int16", "int32", "int64")
}
"""Type of a model's input, as `tensor(TYPE)` names it, to numpy's name of it."""


def _one_or_two(value: object) -> object:
    """`224` means `224,224`."""
    sides = str(value).split(",") if isinstance(value, (int, str)) else value
    return [*sides, *sides] if isinstance(sides, list) and len(sides) == 1 else sides


class OnnxSettings(Options):
    """Options of `onnx:FILE`, and the fields of the JSON file beside the model.

    A pixel of 0 to 255 becomes `(pixel * scale - mean) / std`, each channel by its own mean and std; ImageNet's
    by default, and for an input of whole numbers `RAW`: such a model normalises inside.
    `(pixel - 128) * 0.0078125` is `{"scale": 0.0078125, "mean": [1, 1, 1], "std": [1, 1, 1]}`.
    """

    runtime: ClassVar[frozenset[str]] = frozenset({"threads", "batch_size"})

    size: Annotated[CommaSeparatedInts, BeforeValidator(_one_or_two)] = Field(
        default=(), description="height and width in pixels, or one number for a square; default: the model's input"
    )
    resize: ResizeMode = Field(default="stretch", description="stretch, crop (centre) or pad (black)")
    resample: ResampleFilter = Field(default="bicubic", description="Pillow's filter")
    scale: float = Field(default=1 / 255, description="factor on pixels of 0 to 255")
    mean: CommaSeparatedFloats = Field(default=IMAGENET_MEAN, description="subtracted after scaling")
    std: CommaSeparatedFloats = Field(default=IMAGENET_STD, description="divided by after the mean is subtracted")
    channels: Literal["RGB", "BGR"] = Field(default="RGB", description="order that the model expects; mean and std too")
    layout: Layout | None = Field(default=None, description="default: read off the model's input")
    input: str | None = Field(default=None, description="default: the model's only input")
    output: str | None = Field(default=None, description="default: the model's only output")
    pool: Literal["none", "mean", "cls"] = Field(default="none", description="for outputs of tokens or feature maps")
    normalize: bool = Field(default=True, description="divide every vector by its norm")
    center: str | None = Field(default=None, description=".npy vector subtracted first; relative to the model's folder")
    threads: int | None = Field(default=None, ge=1, description="default: all cores")
    batch_size: int = Field(default=16, ge=1, description="pictures a run, where the model takes several")

    @field_validator("size")
    @classmethod
    def _two_sides(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) not in (0, 2) or any(side < 1 for side in value):
            raise ValueError("size is HEIGHT,WIDTH in pixels, or one number for a square")
        return value

    @field_validator("mean", "std")
    @classmethod
    def _three_channels(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if len(value) != 3:
            raise ValueError("needs three numbers, one a channel")
        if info.field_name == "std" and 0 in value:
            raise ValueError("must not be 0")
        return value


@dataclass(frozen=True)
class ResolvedSettings:
    """Settings with nothing left open, and what the model and files beside it add to them."""

    id: str
    """Names everything that decides about the pixels and the vector."""
    options: OnnxSettings
    size: tuple[int, int]
    input_type: np.dtype[Any]
    center: NDArray[np.float32] | None


def read_settings(file: Path, given: Mapping[str, object], session: onnxruntime.InferenceSession) -> ResolvedSettings:
    """Settings for the model `file`, from `given` options, the JSON beside it, the model, and defaults.

    An EmbeddingError where the JSON is wrong, or model and settings do not fit together.
    """
    beside = {**_json_beside(file), **given}
    entry = _named(session.get_inputs(), OnnxSettings.read(beside, where=file.name).input, file, "input")
    input_type = _input_type(file, entry)
    in_model = _metadata_settings(session.get_modelmeta().custom_metadata_map)
    by_default = RAW if input_type.kind in "iu" else {}
    settings = OnnxSettings.read({**by_default, **in_model, **beside}, where=file.name)
    if input_type.kind in "iu":
        _check_whole_numbers(file, input_type, settings)
    output = _named(session.get_outputs(), settings.output, file, "output")
    layout, size = _input_layout(file, entry.shape, settings)
    center = _read_center(file.parent / Path(settings.center).expanduser()) if settings.center is not None else None
    batch = entry.shape[0]
    if isinstance(batch, int) and batch != 1:
        raise EmbeddingError(f"{file.name}: takes exactly {batch} pictures a run; export it with a free batch size")
    decisive = settings.model_dump(exclude={"size", "layout", "input", "output", "center", *OnnxSettings.runtime})
    decisive |= {"size": size, "output": output.name, "center": None if center is None else center.tolist()}
    is_imagenet = (settings.scale, settings.mean, settings.std) == (1 / 255, IMAGENET_MEAN, IMAGENET_STD)
    values = "imagenet" if is_imagenet else f"scale{settings.scale:.6g}"
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:8]
    filled = {"layout": layout, "input": entry.name, "output": output.name}
    return ResolvedSettings(
        id=f"{size[0]}x{size[1]}-{settings.resize}-{settings.resample}-{values}-{digest}",
        options=settings.model_copy(update=filled | ({"batch_size": 1} if batch == 1 else {})),
        size=size,
        input_type=input_type,
        center=center,
    )


def _input_type(file: Path, entry: Any) -> np.dtype[Any]:
    known = INPUT_TYPES.get(entry.type.removeprefix("tensor(").removesuffix(")"))
    if known is None:
        raise EmbeddingError(f"{file.name}: input {entry.name!r} is {entry.type}, not a picture's pixels")
    return np.dtype(known)


def _check_whole_numbers(file: Path, input_type: np.dtype[Any], settings: OnnxSettings) -> None:
    """Refuse settings by which a pixel becomes a fraction, or a number that the model's input cannot hold."""
    values = prepared(np.arange(256)[:, None].repeat(3, axis=1), settings)
    limits = np.iinfo(input_type)
    if (np.abs(values - np.rint(values)) > 1e-3).any():
        wrong = "make fractions of the pixels"
    elif np.rint(values).min() < limits.min or np.rint(values).max() > limits.max:
        wrong = f"make numbers from {values.min():g} to {values.max():g} of the pixels, beyond {input_type}"
    else:
        return
    offset = 128 if limits.max < 255 else 0
    raise EmbeddingError(
        f"{file.name}: its input takes whole numbers ({input_type}), and scale, mean and std {wrong}; "
        f"give such as fit, e.g. scale=1&mean={offset},{offset},{offset}&std=1,1,1"
    )


def prepared(pixels: NDArray[Any], settings: OnnxSettings) -> NDArray[np.float32]:
    """Pixels of 0 to 255, shape (..., 3), as numbers that the model reads."""
    mean, std = np.array(settings.mean, np.float32), np.array(settings.std, np.float32)
    return (np.asarray(pixels, np.float32) * np.float32(settings.scale) - mean) / std


def _json_beside(file: Path) -> dict[str, Any]:
    path = file.with_suffix(".json")
    if not path.is_file():
        return {}
    try:
        values = parsed(path.read_bytes())
    except ValueError as error:
        raise EmbeddingError(f"{path} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise EmbeddingError(f"{path}: must hold one JSON object of preprocessing settings")
    return OnnxSettings.read(values, where=str(path)).model_dump(exclude_unset=True)


def _metadata_settings(metadata: Mapping[str, str]) -> dict[str, object]:
    """Settings from the image entries that the ONNX standard defines for a model's metadata."""
    settings: dict[str, object] = {}
    order = metadata.get("Image.BitmapPixelFormat", "")[:3].upper()
    if order in ("RGB", "BGR"):
        settings["channels"] = order
    ranges = {
        "NominalRange_0_255": (1, 0),
        "NominalRange_16_235": (219 / 255, -16),
        "Normalized_0_1": (1 / 255, 0),
        "Normalized_1_1": (1 / 127.5, 1),
    }
    scale, mean = ranges.get(metadata.get("Image.NominalPixelRange", ""), (None, 0))
    return settings if scale is None else {**settings, "scale": scale, "mean": (mean,) * 3, "std": (1,) * 3}


def _named(entries: list[Any], name: str | None, file: Path, what: str) -> Any:
    found = [entry for entry in entries if name in (None, entry.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(entry.name) for entry in entries)
    if name is None:
        raise EmbeddingError(f"{file.name} has several {what}s: {names}; pick one with {what}=NAME")
    raise EmbeddingError(f"{file.name} has no {what} {name!r}; it has: {names}")


def _input_layout(file: Path, shape: list[int | str | None], settings: OnnxSettings) -> tuple[Layout, tuple[int, int]]:
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise EmbeddingError(f"{file.name}: its input has shape {shape}, not a batch of pictures with three channels")
    layout: Layout = settings.layout or ("NCHW" if shape[1] == 3 else "NHWC")
    fixed = shape[2:4] if layout == "NCHW" else shape[1:3]
    if not settings.size and not all(isinstance(side, int) for side in fixed):
        raise EmbeddingError(f"{file.name}: takes pictures of any size; say which with size=HEIGHT,WIDTH")
    height, width = settings.size or [int(side or 0) for side in fixed]
    for side, allowed in zip((height, width), fixed, strict=True):
        if isinstance(allowed, int) and side != allowed:
            raise EmbeddingError(f"{file.name}: size {height},{width} does not fit its input {shape} ({layout})")
    return layout, (height, width)


def _read_center(path: Path) -> NDArray[np.float32]:
    try:
        center = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise EmbeddingError(f"centre {path} is not a .npy vector: {error}") from error
    if not isinstance(center, np.ndarray) or center.ndim != 1 or not np.isfinite(center).all():
        raise EmbeddingError(f"centre {path} must hold one vector of finite numbers")
    return center.astype(np.float32)
