"""Writes small ONNX models, straight in protobuf's wire format, so that tests need no exporter.

Field numbers are those of onnx.proto (github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

Shape = Sequence[int | str]
_INT_ATTRIBUTE, _INTS_ATTRIBUTE = 2, 7
FLOAT = 1
ELEMENTS = {"uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9, "float16": 10}
ELEMENTS["double"] = 11
"""Type of a tensor's elements to its number in onnx.proto."""


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _message(*fields: tuple[int, int | str | bytes]) -> bytes:
    return b"".join(_field(number, value) for number, value in fields)


def value_info(name: str, shape: Shape, element: int = FLOAT) -> bytes:
    """A tensor; a string in `shape` is a free dimension."""
    dims = [(1, _message((2, side) if isinstance(side, str) else (1, side))) for side in shape]
    tensor = _message((1, element), (2, _message(*dims)))
    return _message((1, name), (2, _message((1, tensor))))


def initializer(name: str, values: np.ndarray) -> bytes:
    data = values.astype("<f4")
    return _message(*[(1, side) for side in data.shape], (2, FLOAT), (8, name), (9, data.tobytes()))


def external_initializer(name: str, shape: Sequence[int], location: str) -> bytes:
    """Weights that lie in the file `location` beside the model."""
    entry = _message((1, "location"), (2, location))
    return _message(*[(1, side) for side in shape], (2, FLOAT), (8, name), (13, entry), (14, 1))


def node(kind: str, inputs: Sequence[str], output: str, **attributes: int | list[int]) -> bytes:
    written = [
        (5, _message((1, name), (3, value), (20, _INT_ATTRIBUTE)))
        if isinstance(value, int)
        else (5, _message((1, name), *[(8, item) for item in value], (20, _INTS_ATTRIBUTE)))
        for name, value in attributes.items()
    ]
    return _message(*[(1, name) for name in inputs], (2, output), (4, kind), *written)


def model(
    nodes: Sequence[bytes],
    inputs: dict[str, Shape],
    outputs: dict[str, Shape],
    *,
    initializers: Sequence[bytes] = (),
    metadata: dict[str, str] | None = None,
    element: int = FLOAT,
) -> bytes:
    """An encoded ModelProto, opset 13, whose inputs have the type `element`."""
    graph = _message(
        *[(1, item) for item in nodes],
        (2, "tiny"),
        *[(5, item) for item in initializers],
        *[(11, value_info(name, shape, element)) for name, shape in inputs.items()],
        *[(12, value_info(name, shape)) for name, shape in outputs.items()],
    )
    entries = [(14, _message((1, key), (2, value))) for key, value in (metadata or {}).items()]
    return _message((1, 7), (7, graph), (8, _message((1, ""), (2, 13))), *entries)


def write(file: Path, *nodes: bytes, shape: Shape = ("n", 3, 4, 6), outputs: Sequence[str] = ("y",), **more) -> Path:
    """Write a model that reads `x`; by default `y` is the mean of each channel, shape (n, 3, 1, 1)."""
    nodes = nodes or (node("GlobalAveragePool", ["x"], "y"),)
    file.write_bytes(model(nodes, {"x": shape}, dict.fromkeys(outputs, ()), **more))
    return file


def write_typed(file: Path, element: str, *, channels_last: bool = False, **more) -> Path:
    """Write a model whose input has another type; `y` is the mean of each channel, shape (n, 3)."""
    axes, shape = ([1, 2], ("n", 4, 6, 3)) if channels_last else ([2, 3], ("n", 3, 4, 6))
    nodes = node("Cast", ["x"], "c", to=FLOAT), node("ReduceMean", ["c"], "y", axes=axes, keepdims=0)
    return write(file, *nodes, shape=shape, element=ELEMENTS[element], **more)
