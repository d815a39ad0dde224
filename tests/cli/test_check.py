"""`check` as typed: labels that seem wrong, by figures and words, in 80 columns."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from dermtools.cases import Case, CaseStore, EmbedderIdentity, StoredCase, Task
from dermtools.retrieval.audit.label_report import DoubtfulLabel, TaskLabels, UnlikeLabels
from dermtools.retrieval.audit.remedies import UNSEEN
from dermtools.retrieval.audit.report import Kind
from tests.support.command_line import Run
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def wounds(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """WoundcareVQA's labels and its real MedImageInsight vectors, without pictures."""
    folder = shared / "data" / "woundcarevqa"
    if not folder.is_dir():
        pytest.skip(f"no WoundcareVQA at {folder}")
    with np.load(folder / "medimageinsight_woundcare.npz") as file:
        vectors = dict(zip(file["image_id"].tolist(), file["vector"], strict=True))
    rows = []
    for split in ("train", "test"):
        for entry in json.loads((folder / "dataset-challenge-mediqa-2025-wv" / f"{split}.json").read_text()):
            for image in (name.partition(".")[0] for name in entry["image_ids"]):
                case = Case(
                    case_id=image,
                    group_id=entry["encounter_id"],
                    split=split,
                    labels={"infection": (entry["infection"],), "location": tuple(entry["anatomic_locations"])},
                )
                vector = vectors[image]
                rows.append(StoredCase(case, hashlib.sha256(vector.tobytes()).hexdigest(), vector, b"", 0, 0))
    tasks = [
        Task(name=name, question="?", labels=tuple(sorted({one for row in rows for one in row.case.labels[name]})))
        for name in ("infection", "location")
    ]
    identity = EmbedderIdentity(
        name="medimageinsight", revision="1", preprocessing="its own", dimension=1024, normalized=True
    )
    path = tmp_path_factory.mktemp("wounds") / "base"
    CaseStore.create(path, embedder_spec="medimageinsight", identity=identity, tasks=tasks).add(rows)
    return path


def test_one_picture_posted_twice_with_other_labels_is_found(run: Run, wounds: Path) -> None:
    """SOURCE.md: IMG_ENC0256_0001 (train, not_infected) and IMG_ENC0465_0001 (test, unclear) have cosine 1.0."""
    (task,) = run("check", wounds, "--labels", "--task", "infection", "--json").json["labels"]
    first = task["unlike"][0]
    assert (first["case_id"], *first["labels"]) == ("IMG_ENC0256_0001", "not_infected")
    assert (first["other"], *first["other_labels"]) == ("IMG_ENC0465_0001", "unclear")
    assert first["distance"] < 1e-3
    assert task["judged"] == 601
    assert task["doubtful"]
    for doubt in task["doubtful"]:
        assert doubt["suggested"] not in doubt["labels"]
        assert doubt["case_id"].rpartition("_")[0] not in {one.rpartition("_")[0] for one in doubt["nearest"]}


def test_doubts_are_read_in_80_columns(run: Run, wounds: Path) -> None:
    done = run("check", wounds, "--labels", "--task", "infection")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines()[1:])) <= 80
    assert "IMG_ENC0256_0001: not_infected = IMG_ENC0465_0001: unclear (" in " ".join(done.out.split())


def test_the_documents_name_every_kind_of_finding_and_every_field_of_a_doubt() -> None:
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert {kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row.split("|")[1])} == set(get_args(Kind))
    unasked = {
        kind for row in rows if row.endswith("| yes |") for kind in re.findall(r"`([a-z-]+)`", row.split("|")[1])
    }
    assert unasked == set(UNSEEN)
    fields = (ROOT / "docs" / "json.md").read_text(encoding="utf-8").partition("`labels` of `check`")[2]
    for model in (TaskLabels, DoubtfulLabel, UnlikeLabels):
        assert set(model.model_fields) <= set(re.findall(r"`([a-z_]+)`", fields))


def test_without_labels_nothing_is_said_of_them(run: Run, sample_base: Path) -> None:
    assert run("check", sample_base, "--json").json["labels"] is None


def test_a_task_goes_with_labels_and_must_exist(run: Run, sample_base: Path) -> None:
    alone = run("check", sample_base, "--task", "location")
    assert (alone.code, alone.err.strip()) == (1, "error: --task goes with --labels; add it, or leave --task out")
    unknown = run("check", sample_base, "--labels", "--task", "locaton")
    assert (unknown.code, len(unknown.err.splitlines())) == (1, 1)
    assert "did you mean location?" in unknown.err
