"""An embedder loaded in a process of its own, and what is said of one that does not load."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dermtools.cases.manifest import read_manifest, write_manifest
from dermtools.doctor import embedder_process
from dermtools.doctor.embedder_process import trouble
from dermtools.retrieval import CaseBase


def test_one_that_loads_and_one_that_does_not(tmp_path: Path) -> None:
    good = CaseBase.create(tmp_path / "good", embedder="descriptor").path
    assert trouble(good) is None
    bad = shutil.copytree(good, tmp_path / "bad")
    write_manifest(bad, read_manifest(bad).model_copy(update={"embedder": "onnx:/nowhere/model.onnx"}))
    said = trouble(bad)
    assert said is not None
    assert "/nowhere/model.onnx" in said


def test_a_process_that_ends_or_hangs_is_a_trouble_of_the_embedder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "libtorch.so: wrong ELF class"
    monkeypatch.setattr(embedder_process, "_START", f"import os, sys; print({said!r}, file=sys.stderr); os.abort()")
    assert trouble(tmp_path) == f"the process that loads it ended with signal 6: {said}"
    monkeypatch.setattr(embedder_process, "_START", "import time; time.sleep(60)")
    assert trouble(tmp_path, seconds=0.2) == "it was not loaded in 0.2 seconds"


def test_what_a_library_prints_does_not_stand_in_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = CaseBase.create(tmp_path / "base", embedder="descriptor").path
    monkeypatch.setattr(embedder_process, "_START", "print('a banner'); " + embedder_process._START)
    assert trouble(path) is None
