"""The notebooks run from top to bottom: over real photographs where the machine has some, else over drawn pictures.

Their case base is made once for all of them, as they make it themselves where it is not there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dermtools import CaseBase, load_source
from dermtools.evaluation import Verdict
from docs.generator.notebook_runs import digest
from tests.support.paths import ROOT, real_data
from tests.support.patience import SAFETY_NET

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@dataclass(frozen=True)
class Given:
    """What a notebook is run over."""

    table: str
    encoder: str
    task: str
    cases: Path


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    table = real_data() / "data" / "pad-ufes-20" / "records.csv"
    encoder = real_data() / "models" / "efficientnet_lite0" / "efficientnet_lite0_1280.onnx"
    real = table.is_file() and encoder.is_file()
    words = (str(table), f"onnx:{encoder}", "diagnosis") if real else ("sample", "descriptor", "location")
    cases = tmp_path_factory.mktemp("notebooks") / "cases"
    CaseBase.create(cases, embedder=words[1]).add(load_source(words[0]))
    return Given(*words, cases)


def run(notebook: Path, folder: Path, **values: str) -> list[dict[str, Any]]:
    """The outputs of a notebook that was run in a folder."""
    out = folder / "out.ipynb"
    command = [sys.executable, "-m", "docs.generator.notebook_runs", notebook, out]
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in values.items())],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SAFETY_NET,
    )
    assert done.returncode == 0, done.stderr
    return [output for cell in read(out)["cells"] for output in cell.get("outputs", ())]


def read(notebook: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    return found


def said(outputs: list[dict[str, Any]]) -> str:
    """All that was printed, and tables."""
    return "\n".join("".join(one.get("text") or one["data"].get("text/markdown", "")) for one in outputs)


def shown(outputs: list[dict[str, Any]], kind: str) -> int:
    return sum(kind in output.get("data", {}) for output in outputs)


def over(given: Given, folder: Path) -> dict[str, str]:
    """The values of the first cell."""
    shutil.copytree(given.cases, folder / "cases")
    return {"TABLE": given.table, "ENCODER": given.encoder, "TASK": given.task}


def test_a_data_frame_becomes_a_report_and_an_export(tmp_path: Path) -> None:
    outputs = run(ROOT / "examples" / "case_base_from_a_dataframe.ipynb", tmp_path)
    assert "open from-a-dataframe/run-votes/report.html" in said(outputs)
    assert len(list((tmp_path / "from-a-dataframe" / "export").iterdir())) > 1


def test_the_adapter_is_judged_with_figures_and_examples(given: Given, tmp_path: Path) -> None:
    outputs = run(ROOT / "examples" / "evaluate_adapter.ipynb", tmp_path, **over(given, tmp_path))
    assert "| majority |" in said(outputs)
    assert "open run-adapter/report.html" in said(outputs)
    assert (shown(outputs, "image/png"), shown(outputs, "text/html")) == (3, 1)


def test_the_methods_of_rag_are_judged_with_figures_and_examples(given: Given, tmp_path: Path) -> None:
    outputs = run(ROOT / "examples" / "evaluate_rag.ipynb", tmp_path, **over(given, tmp_path))
    assert all(f"| {name} |" in said(outputs) for name in ("zero-shot", "random-5", "rag-5"))
    assert "shots from 0 to 5" in said(outputs)
    assert "open run-rag/report.html" in said(outputs)
    assert (shown(outputs, "image/png"), shown(outputs, "text/html")) == (3, 1)


def test_prompts_end_in_a_verdict_a_pair(given: Given, tmp_path: Path) -> None:
    outputs = run(ROOT / "examples" / "compare_prompts.ipynb", tmp_path, **over(given, tmp_path))
    pairs = ("plain against reasons-first", "plain against examples-last", "reasons-first against examples-last")
    words = "|".join(verdict.value.upper() for verdict in Verdict)
    assert re.findall(rf"^(.+): (?:{words})$", said(outputs), re.MULTILINE) == list(pairs)
    assert "open run-prompts/report.html" in said(outputs)


def test_an_agent_of_ones_own_decides_and_is_judged(given: Given, tmp_path: Path) -> None:
    outputs = run(ROOT / "examples" / "agent_that_decides.ipynb", tmp_path, **over(given, tmp_path))
    counts = re.findall(r"^(?:looked cases up|answered without): (\d+) of 30 cases", said(outputs), re.MULTILINE)
    assert sum(map(int, counts)) == 30
    assert min(map(int, counts)) > 0


def test_wounds_are_found_and_told_by_vectors_alone(tmp_path: Path) -> None:
    """Over real vectors of MedImageInsight where the machine has them."""
    folder = real_data() / "data" / "woundcarevqa"
    real = {"TABLE": str(folder), "VECTORS": str(folder / "medimageinsight_woundcare.npz")}
    outputs = run(ROOT / "examples" / "wound_vectors.ipynb", tmp_path, **(real if folder.is_dir() else {}))
    cases, right = ("601", ("43 of 152", "114 of 152")) if folder.is_dir() else ("450", ("33 of 114", "63 of 114"))
    assert f"{cases} cases added" in said(outputs)
    tasks = ("anatomic_locations", "infection")
    assert all(f"| {task} | majority | {share} |" in said(outputs) for task, share in zip(tasks, right, strict=True))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_a_notebook_is_kept_with_what_it_shows_over_drawn_pictures_alone(notebook: Path) -> None:
    """A saved run over pictures of somebody, or a cell that was edited, fails: `make notebooks` puts it right."""
    kept = read(notebook)
    assert kept["metadata"]["dermtools"]["digest"] == digest(kept)
