"""`train` keeps a classifier that `classify` then uses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.command_line import Run


@pytest.fixture
def case_base(sample_base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_base, tmp_path / "base"))


@pytest.mark.parametrize("kind", ["adapter", "linear-probe"])
def test_a_trained_classifier_answers(run: Run, case_base: Path, kind: str) -> None:
    done = run("train", case_base, "--task", "location", "--kind", kind)
    assert done.code == 0, done.err
    assert str(case_base / "adapters" / "location" / kind) in done.out.replace("\n", "")
    answer = run("classify", case_base, "--case", "drawn_p03_1", "--task", "location", "--method", kind, "--json").json
    assert answer["method"] == kind
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["label_set"] is not None


def test_fusion_joins_adapter_and_vote(run: Run, case_base: Path) -> None:
    run("train", case_base, "--task", "location")
    done = run("classify", case_base, "--case", "drawn_p03_1", "--task", "location", "--method", "fusion", "--json")
    assert done.code == 0, done.err
    assert done.json["method"] == "fusion"


def test_a_wider_coverage_gives_no_smaller_set(run: Run, case_base: Path) -> None:
    run("train", case_base, "--task", "location")
    arguments = ("classify", case_base, "--case", "drawn_p03_1", "--task", "location", "--method", "adapter", "--json")
    narrow = run(*arguments, "--coverage", 0.6).json["label_set"]
    wide = run(*arguments, "--coverage", 0.85).json["label_set"]
    assert set(narrow) <= set(wide)
    # A label of too few patients is in every set, where each label is held by itself.
    assert set(wide) <= set(run(*arguments, "--coverage", 0.85, "--per-label").json["label_set"])


def test_a_folder_that_cannot_be_written_is_named_before_the_training(
    run: Run, case_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dermtools.adapter.train", lambda *_, **__: pytest.fail("trained first"))
    for in_the_way in (case_base / "adapters" / "location", case_base / "adapters"):
        shutil.rmtree(case_base / "adapters", ignore_errors=True)
        in_the_way.parent.mkdir(exist_ok=True)
        in_the_way.write_text("a file")
        done = run("train", case_base, "--task", "location")
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
        assert done.err.startswith(f"error: cannot write {case_base}/adapters/location/adapter: Not a directory")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "colour"], "location"),
        (["--task", "location", "--kind", "linear-probe", "--epochs", 3], "--epochs"),
        (["--task", "location", "--balance", "nonsense"], "--balance"),
        (["--task", "location", "--coverage", 1.5], "coverage"),
    ],
)
def test_what_cannot_be_trained_is_one_line(run: Run, case_base: Path, arguments: list[object], said: str) -> None:
    done = run("train", case_base, *arguments)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert said in done.err
