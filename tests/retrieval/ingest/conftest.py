"""The store that the tests of an ingest fill."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases.store import CaseStore
from tests.support.mean_colour import empty_store


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return empty_store(tmp_path)
