"""The wheel, installed alone in a clean environment, does the main job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    return done(*command, cwd=cwd).stdout


def done(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # Nothing of this process's environment may leak in: neither the checkout nor the developer's packages.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, env=environment)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` folder of an environment that holds the wheel, its core dependencies and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile"]
    run(*pip, "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    return python.parent


def test_wheel_carries_the_prompts_and_the_type_marker(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "dermtools/py.typed" in names
    assert any(name.startswith("dermtools/prompting/prompts/") and name.endswith(".yaml") for name in names)
    assert not any(name.startswith(("tests/", "prompts/", "benchmarks/")) for name in names)


def test_clean_environment_prints_help(clean: Path, tmp_path: Path) -> None:
    help_text = run(clean / "dermtools", "--help", cwd=tmp_path)
    assert "ingest" in help_text
    assert "nothing it prints is a diagnosis" in " ".join(help_text.split())


def test_clean_environment_ingests_and_searches(clean: Path, tmp_path: Path) -> None:
    ingested = done(clean / "dermtools", "ingest", "sample", "casebase", cwd=tmp_path)
    assert "is not installed; run: pip install 'dermtools[encoder]'" in ingested.stderr
    info = json.loads(run(clean / "dermtools", "info", "casebase", "--json", cwd=tmp_path))
    case_id = json.loads(
        run(clean / "python", "-c", _FIRST_CASE, cwd=tmp_path),
    )
    found = json.loads(
        run(clean / "dermtools", "search", "casebase", "--case", case_id, "-k", "3", "--json", cwd=tmp_path)
    )
    assert (info["cases"] > 50, info["embedder"]["name"]) == (True, "descriptor")
    assert [neighbor["rank"] for neighbor in found["neighbors"]] == [1, 2, 3]


def test_a_missing_extra_is_one_line_with_the_pip_command(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"any file will do")
    failed = subprocess.run(
        [clean / "dermtools", "ingest", "sample", "other", "--embedder", "onnx:model.onnx"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 1
    assert failed.stderr.splitlines() == [
        "error: onnxruntime is not installed; run: pip install 'dermtools[onnx]'",
    ]


_FIRST_CASE = """
import json
from dermtools.retrieval import CaseBase
print(json.dumps(CaseBase.open("casebase").columns.case_ids[0]))
"""
