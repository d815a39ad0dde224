"""Fixtures for the tests of tools, agent and server: a small case base of drawn pictures, and a workspace over it."""

from __future__ import annotations

import pytest

from dermtools.adapter import AdapterConfig, save_classifier, train
from dermtools.cases.sources.sample import load_sample
from dermtools.retrieval import CaseBase
from dermtools.tools.workspace import Workspace


@pytest.fixture(scope="session")
def case_base(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """42 drawn cases of 12 patients, with a trained adapter for `location`. Not to be changed by a test."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("agent") / "casebase", embedder="descriptor")
    case_base.add(load_sample(patients=12))
    save_classifier(case_base.path, train(case_base.store, "location", AdapterConfig(epochs=3)))
    return case_base


@pytest.fixture
def workspace(case_base: CaseBase) -> Workspace:
    """Nothing granted, no vision model."""
    return Workspace(case_base)


@pytest.fixture(scope="session")
def drawn_jpeg() -> bytes:
    """A drawn picture that is not in the case base."""
    source = load_sample(seed=7, patients=1).cases[0]
    assert isinstance(source.image, bytes)
    return source.image
