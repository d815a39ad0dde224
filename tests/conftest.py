"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import real_data

# Before anything loads OpenMP: test processes run side by side, and threads that wait for each other's cores
# make small trainings take minutes. Child processes inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["tests.support.drawn_case_base", "tests.support.object_stores", "tests.support.optimising"]

SLOW = ("test_readme", "test_examples", "test_packaging", "test_notebooks", "test_demo", "test_model_commands")
"""Files of few tests that take a minute each: begun first, they leave no process alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"{name}.py": place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.name, len(SLOW)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real photographs, labels and a real encoder, which the project itself never contains."""
    folder = real_data()
    if not (folder / "data").is_dir():
        pytest.skip(f"no real data at {folder}: set DERMTOOLS_TEST_DATA to the folder that holds data/ and models/")
    return folder


@pytest.fixture(scope="session")
def photographs(shared: Path) -> Path:
    """`records.csv` of the real photographs (PAD-UFES-20 subset)."""
    table = shared / "data" / "pad-ufes-20" / "records.csv"
    if not table.is_file():
        pytest.skip(f"no photographs at {table}")
    return table


@pytest.fixture(scope="session")
def encoder(shared: Path) -> Path:
    """A small real image encoder in ONNX form."""
    model = shared / "models" / "mobilenet_v1_1024.onnx"
    if not model.is_file():
        pytest.skip(f"no encoder at {model}")
    return model


@pytest.fixture(scope="session")
def schemas(shared: Path) -> OpenAISchemas:
    """OpenAI's published request and reply schemas."""
    path = shared / "reference" / "openai-schemas.json"
    if not path.is_file():
        pytest.skip(f"no OpenAI schemas at {path}")
    return OpenAISchemas(path)
