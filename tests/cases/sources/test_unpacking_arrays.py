"""Files of arrays that lie about themselves or are damaged: one clear line, no pickle, and no endless unpacking."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases.sources import unpacking
from dermtools.cases.sources.unpacking import arrays_of
from dermtools.cases.sources.vectors import Vectors
from dermtools.errors import SourceError

VECTORS = np.random.default_rng(0).random((100, 10), np.float32)


def header(*shape: int) -> bytes:
    """The head of an .npy file of float32 numbers, which promises more than comes."""
    written = io.BytesIO()
    np.lib.format.write_array_header_1_0(written, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return written.getvalue()


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("vectors.npy", content)


def altered(path: Path, changes: Callable[[bytearray, int], None]) -> None:
    """A sound file with some bytes changed; they are told where its directory begins."""
    np.savez_compressed(path, vectors=VECTORS)
    content = bytearray(path.read_bytes())
    changes(content, content.index(b"PK\1\2"))
    path.write_bytes(content)


def damaged(content: bytearray, _: int) -> None:
    content[200:260] = b"\xff" * 60


def encrypted(content: bytearray, directory: int) -> None:
    content[6] |= 1
    content[directory + 8] |= 1


def foreign_method(content: bytearray, directory: int) -> None:
    content[8] = content[directory + 10] = 97


class Unpickled:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("shape", [(10**6, 10**7), (10**12, 10**12)])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_shape_beyond_any_memory_is_one_line(tmp_path, shape, suffix):
    path = tmp_path / f"v{suffix}"
    zipped(path, header(*shape)) if suffix == ".npz" else path.write_bytes(header(*shape))
    with pytest.raises(SourceError, match=r"v\.np.: not readable as an array of numbers"):
        Vectors.of_file(path)


@pytest.mark.parametrize("changes", [damaged, encrypted, foreign_method])
def test_a_damaged_or_protected_file_is_one_line(tmp_path, changes):
    altered(tmp_path / "v.npz", changes)
    with pytest.raises(SourceError, match=r"v\.npz: not readable as an array of numbers \([^\n]+\); write it with num"):
        Vectors.of_file(tmp_path / "v.npz")


def test_a_file_that_unpacks_without_end_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "PARQUET_BYTES", 100_000)
    np.savez_compressed(tmp_path / "v.npz", vectors=np.zeros((1000, 100), np.float32))
    with pytest.raises(SourceError, match="unpacks to more than the 100,000 bytes allowed"):
        Vectors.of_file(tmp_path / "v.npz")
    np.savez_compressed(tmp_path / "v.npz", vectors=np.tile(VECTORS, (100, 1)))  # large, and honest
    monkeypatch.setattr(unpacking, "PARQUET_BYTES", 500_000)
    assert len(Vectors.of_file(tmp_path / "v.npz")) == 10_000


@pytest.mark.parametrize("name", ["v.npy", "v.npz"])
@pytest.mark.parametrize("as_array", [True, False])
def test_no_pickle_is_ever_opened(tmp_path, name, as_array):
    path, trace = tmp_path / name, tmp_path / "trace"
    hostile = Unpickled(trace)
    if not as_array:
        zipped(path, pickle.dumps(hostile)) if name == "v.npz" else path.write_bytes(pickle.dumps(hostile))
    elif name == "v.npz":
        np.savez(path, vectors=np.array([hostile], dtype=object))
    else:
        np.save(path, np.array([hostile], dtype=object))
    with pytest.raises(SourceError, match=r"v\.np"):
        Vectors.of_file(path)
    assert not trace.exists()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_an_array_without_a_number_is_one_line(tmp_path, shape):
    np.save(tmp_path / "v.npy", np.ones(shape, np.float32))
    with pytest.raises(SourceError, match=r"v\.npy: holds an array of shape .* no vector"):
        Vectors.of_file(tmp_path / "v.npy")


def test_ids_that_are_no_text_are_one_line(tmp_path):
    np.savez(tmp_path / "v.npz", vectors=VECTORS[:2], ids=np.array([b"\xff", b"b"]))
    with pytest.raises(SourceError, match=r"v\.npz: holds ids that are no text in UTF-8"):
        Vectors.of_file(tmp_path / "v.npz")


def test_the_arrays_of_a_sound_file_come_by_their_names(tmp_path):
    np.savez(tmp_path / "v.npz", vectors=VECTORS, ids=np.arange(100))
    found = arrays_of(tmp_path / "v.npz")
    assert found.keys() == {"vectors", "ids"}
    np.testing.assert_array_equal(found["vectors"], VECTORS)
