"""The embedder of a case base: found again where its file was moved or renamed, and no other one taken for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import SourceData
from dermtools.errors import CaseBaseError, EmbeddingError, QueryError
from dermtools.retrieval import CaseBase, SimilarCaseRetriever
from tests.support import tiny_onnx
from tests.support.mean_colour import MeanColour

SETTINGS = "?mean=0,0,0&std=1,1,1"


@pytest.fixture
def moved(tmp_path: Path, small_source: SourceData) -> tuple[Path, Path]:
    """A case base whose ONNX file is elsewhere now, and where."""
    file = tiny_onnx.write(tmp_path / "encoder.onnx")
    CaseBase.create(tmp_path / "base", embedder=f"onnx:{file}{SETTINGS}").add(small_source)
    (tmp_path / "models").mkdir()
    return tmp_path / "base", file.rename(tmp_path / "models" / "renamed.onnx")


def test_the_error_says_how_to_name_the_new_place(moved: tuple[Path, Path]) -> None:
    path, _ = moved
    with pytest.raises(EmbeddingError) as caught:
        CaseBase.open(path).query(Image.new("RGB", (40, 30)))
    assert f"no model file {path.parent}/encoder.onnx; was it moved?" in str(caught.value)
    assert "--embedder 'onnx:NEWPATH?mean=0.0,0.0,0.0&std=1.0,1.0,1.0' (in Python: CaseBase.open(" in str(caught.value)


def test_a_moved_and_renamed_file_gives_the_same_answers(moved: tuple[Path, Path], small_source: SourceData) -> None:
    path, file = moved
    case_base = CaseBase.open(path, embedder=f"onnx:{file}{SETTINGS}")
    for source in small_source.cases[:3]:
        vector = case_base.query(source.image).vector
        stored = case_base.query(case_id=source.case.case_id).vector
        np.testing.assert_allclose(vector, stored, atol=1e-6)
    assert case_base.add(small_source).unchanged == 18


def test_other_weights_or_settings_are_another_embedder(moved: tuple[Path, Path], tmp_path: Path) -> None:
    path, file = moved
    other = tiny_onnx.write(tmp_path / "encoder.onnx", tiny_onnx.node("GlobalMaxPool", ["x"], "y"))
    for spec in (f"onnx:{file}", f"onnx:{file}{SETTINGS}&channels=BGR", f"onnx:{other}{SETTINGS}", "descriptor"):
        with pytest.raises(CaseBaseError, match="was made with onnx:encoder"):
            CaseBase.open(path, embedder=spec)
    with pytest.raises(CaseBaseError, match="was made with onnx:encoder"):
        CaseBase.open(path).query(Image.new("RGB", (40, 30)))


def test_whether_it_reads_text_is_known_without_loading_it(
    moved: tuple[Path, Path], tmp_path: Path, small_source: SourceData
) -> None:
    case_base = CaseBase.open(moved[0])
    assert case_base.reads_text is False
    with pytest.raises(QueryError, match="onnx:encoder reads no text"):
        case_base.search(text="red plaque")
    with pytest.raises(QueryError, match="onnx:encoder reads no text"):
        SimilarCaseRetriever(case_base=case_base).invoke("red plaque")
    CaseBase.create(tmp_path / "reading", embedder=MeanColour()).add(small_source)
    assert CaseBase.open(tmp_path / "reading").reads_text is True


def test_a_case_base_of_an_earlier_version_asks_the_embedder(small_base: CaseBase) -> None:
    manifest = small_base.path / "manifest.json"
    earlier = {name: value for name, value in json.loads(manifest.read_text()).items() if name != "reads_text"}
    manifest.write_text(json.dumps(earlier))
    assert CaseBase.open(small_base.path).reads_text is False
    manifest.write_text(json.dumps(earlier | {"embedder": "onnx:/nowhere/m.onnx"}))
    with pytest.raises(EmbeddingError, match="was it moved"):
        _ = CaseBase.open(small_base.path).reads_text
