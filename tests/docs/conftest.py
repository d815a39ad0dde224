"""The drawn sample as a case base, made once for all tests of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import load_source
from dermtools.retrieval import CaseBase


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages' `ingest sample` makes: theirs then finds it all there."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("sampled") / "my-cases", embedder="descriptor")
    case_base.add(load_source("sample"))
    return Path(case_base.path)
