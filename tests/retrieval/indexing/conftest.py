"""A case base of clustered vectors with its index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.clustered import Clustered, drawn
from dermtools.embedding import GivenVectors
from dermtools.retrieval import CaseBase
from dermtools.retrieval.indexing import building
from tests.support.clustered_base import CASES, DIMENSION, patients


@pytest.fixture(scope="session")
def clustered() -> np.ndarray:
    return drawn(Clustered(DIMENSION), CASES)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, clustered: np.ndarray) -> Path:
    """To be copied before it is written to."""
    path = tmp_path_factory.mktemp("indexed") / "base"
    case_base = CaseBase.create(path, embedder=GivenVectors("m", DIMENSION, normalized=True))
    case_base.add(patients(clustered), vectors=clustered)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "QUICKER", 0.0)  # so few cases are searched exactly in no time
        made = case_base.build_index(recall=0.95)
    assert not made.exact
    return path
