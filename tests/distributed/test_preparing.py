"""A worker alone, without Ray: what it refuses, and what it makes of a piece."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.cases import load_source
from dermtools.cases.fragments import FragmentWriter, append
from dermtools.distributed.preparing import Piece, Preparing, Settings
from dermtools.errors import CaseBaseError
from dermtools.images import ImageLimits
from dermtools.retrieval import CaseBase
from dermtools.retrieval.ingest.prepare import TextCheck


def _settings(case_base: CaseBase) -> Settings:
    writer = FragmentWriter.of(case_base.store.table)
    manifest = case_base.store.manifest
    return Settings(case_base.path, manifest, "descriptor", writer, 4, 2, ImageLimits(), TextCheck())


@pytest.fixture
def case_base(tmp_path: Path) -> CaseBase:
    made = CaseBase.create(tmp_path / "cases", embedder="descriptor")
    made.store.set_tasks(load_source("sample").tasks)
    return made


def test_a_worker_that_sees_another_folder_says_so(case_base: CaseBase, tmp_path: Path) -> None:
    settings = _settings(case_base)
    for folder in (tmp_path / "nothing", tmp_path / "another"):
        if folder.name == "another":
            CaseBase.create(folder, embedder="descriptor")
            settings = replace(settings, manifest=settings.manifest.model_copy(update={"created": "another day"}))
        with pytest.raises(CaseBaseError, match="shared by all machines"):
            Preparing(replace(settings, folder=folder))


def test_a_worker_of_another_version_or_other_weights_says_so(case_base: CaseBase) -> None:
    settings = _settings(case_base)
    with pytest.raises(CaseBaseError, match="install one version on all"):
        Preparing(replace(settings, version="0.0"))
    identity = settings.manifest.identity.model_copy(update={"revision": "another"})
    with pytest.raises(CaseBaseError, match="give all machines the same weights"):
        Preparing(replace(settings, manifest=settings.manifest.model_copy(update={"identity": identity})))


def test_what_a_worker_writes_is_no_row_before_it_is_appended(case_base: CaseBase) -> None:
    cases = load_source("sample").cases[:6]
    done = Preparing(_settings(case_base))(Piece(cases, {cases[0].case.case_id: "another picture"}))
    assert case_base.version == case_base.store.version
    assert len(case_base.store) == 0
    assert done.embedded == 6
    # The stored case goes back with its picture and vector; the others were written.
    assert [told.picture is not None for told in done.told] == [True] + [False] * 5
    append(case_base.store.table, done.fragments)
    assert list(case_base.store.columns().case_ids) == [source.case.case_id for source in cases[1:]]
