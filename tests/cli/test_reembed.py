"""`reembed`, and the commands that go by its vectors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support import tiny_onnx
from tests.support.command_line import Run


@pytest.fixture
def base(sample_base: Path, tmp_path: Path) -> Path:
    """A case base of drawn cases, of the test's own."""
    return Path(shutil.copytree(sample_base, tmp_path / "base"))


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """A tiny encoder: mean colours."""
    return f"onnx:{tiny_onnx.write(tmp_path / 'tiny.onnx')}"


def test_another_embedder_is_refused_until_its_vectors_are_made_and_then_every_command_goes_by_them(
    run: Run, base: Path, spec: str, tmp_path: Path
) -> None:
    refused = run("search", base, "--case", "drawn_p03_1", "--embedder", spec)
    assert refused.code == 1
    assert f"dermtools reembed {base} --embedder {spec}" in refused.err
    made = run("reembed", base, "--embedder", spec)
    told = "".join(made.out.split())  # long paths are broken at the edge
    cases = len(CaseBase.open(base))
    assert f"{cases} cases embedded with {spec}, 0 were already".replace(" ", "") in told
    assert "at most 512 pixels a side: not the originals".replace(" ", "") in told
    assert run("reembed", base, "--embedder", spec, "--json").json["unchanged"] == cases

    by_own, by_other = (
        run("search", base, "--case", "drawn_p03_1", "--json", *option).json["neighbors"]
        for option in ((), ("--embedder", spec))
    )
    assert [one["distance"] for one in by_own] != [one["distance"] for one in by_other]
    trained = run("train", base, "--task", "location", "--kind", "linear-probe", "--embedder", spec)
    assert "spaces" in "".join(trained.out.split())
    answer = ("classify", base, "--case", "drawn_p03_1", "--task", "location", "--method", "linear-probe")
    assert run(*answer, "--embedder", spec).code == 0
    assert "no trained classifier" in run(*answer).err

    held = run("info", base, "--json").json["spaces"]
    assert [(space["embedder"]["spec"], space["cases"], space["missing"]) for space in held] == [(spec, cases, 0)]
    assert f"{cases} cases" in run("info", base).out
    learned = next(
        one for one in CaseBase.open(base).columns.case_ids if CaseBase.open(base).case(one).split == "train"
    )
    gone = run("delete", base, "--case", learned, "--yes")
    assert f"--kindlinear-probe--embedder{spec}" in "".join(gone.err.split())
    assert run("info", base, "--json").json["spaces"][0]["cases"] == cases - 1


def test_into_makes_a_new_case_base(run: Run, base: Path, spec: str, tmp_path: Path) -> None:
    assert run("reembed", base, "--embedder", spec, "--into", tmp_path / "new").code == 0
    assert CaseBase.open(tmp_path / "new").identity.name == "onnx:tiny"
