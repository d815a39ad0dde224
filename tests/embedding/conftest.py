"""Fixtures of the embedders' tests: a loopback endpoint, tiny models, small pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import load_embedder
from dermtools.embedding.medimageinsight import MedImageInsightEmbedder
from tests.support import tiny_onnx, tiny_transformers
from tests.support.embedding_endpoint import EndpointServer
from tests.support.loopback import running


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointServer]:
    monkeypatch.setenv("MI2_API_KEY", "key-that-nobody-sees")
    monkeypatch.delenv("MI2_MODEL_ENDPOINT", raising=False)
    server = EndpointServer()
    with running(server):
        yield server


@pytest.fixture
def client(server: EndpointServer) -> MedImageInsightEmbedder:
    """Client of `server`, past its self-test, so that tests see only their own requests."""
    client = load_embedder(f"medimageinsight:{server.url}", first_wait=0.01, attempts=3)
    client.test_once()
    server.bodies.clear()
    server.headers.clear()
    return client


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Twenty-two different small RGB pictures drawn from noise, each with a grey level of its own."""
    noise = np.random.default_rng(7).integers(0, 40, size=(22, 24, 32, 3), dtype=np.uint8)
    levels = np.arange(22, dtype=np.uint8)[:, None, None, None] * 9
    return [Image.fromarray(pixels) for pixels in noise + levels]


@pytest.fixture
def means(tmp_path: Path) -> Path:
    """ONNX model whose output is what became of each channel of the picture, on average."""
    return tiny_onnx.write(tmp_path / "means.onnx")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of tiny transformers models with random weights, each written by save_pretrained."""
    return tiny_transformers.write(tmp_path_factory.mktemp("models"))
