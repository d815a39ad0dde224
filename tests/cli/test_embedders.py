"""`evaluate --embedders`: the same methods by several embedders' vectors."""

from __future__ import annotations

import shutil
from pathlib import Path

from dermtools.retrieval import CaseBase
from tests.support import tiny_onnx
from tests.support.command_line import Run


def test_embedders_are_compared_in_one_evaluation(run: Run, sample_base: Path, tmp_path: Path) -> None:
    base = CaseBase.open(shutil.copytree(sample_base, tmp_path / "base"))
    spec = f"onnx:{tiny_onnx.write(tmp_path / 'tiny.onnx')}"
    base.reembed(spec)
    asked = ("evaluate", base.path, "--task", "location", "--methods", "knn-vote-5", "--out", tmp_path / "run")
    done = run(*asked, "--embedders", f"{base.store.manifest.embedder},{spec}", "--json")
    assert done.code == 0
    assert {arm["arm"] for arm in done.json["arms"]} == {f"knn-vote-5 · {base.identity.name}", "knn-vote-5 · onnx:tiny"}
    (pair,) = done.json["comparisons"]
    assert pair["verdict"] in ("better", "worse", "equivalent", "undecided")
    for wrong in (
        ["--embedders", "descriptor"],
        ["--embedders", f"{base.store.manifest.embedder},{spec}", "--embedder", spec],
    ):
        refused = run(*asked, *wrong)
        assert refused.code == 1
        assert "--embedders" in refused.err
