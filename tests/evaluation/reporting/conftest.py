"""An evaluation over photographs, its report, and a real browser before it."""

from __future__ import annotations

import csv

import pytest

from dermtools.adapter import (
    AdapterConfig,
    LinearProbeConfig,
    MajorityMethod,
    VectorClassifierMethod,
    task_data,
    train,
)
from dermtools.cases import load_source
from dermtools.evaluation import evaluate, prompted_arm, publish
from dermtools.prompting import PromptedMethod, chain_for, chat_model
from dermtools.retrieval import CaseBase, KNNVote
from tests.support.chromium import EXECUTABLE, browsing
from tests.support.openai_service import serving

PATIENTS = 40
HOSTILE = '</script><img src=x onerror="document.title=1">'


@pytest.fixture(scope="package")
def case_base(photographs, encoder, tmp_path_factory):
    """The photographs of 40 patients, embedded by a real encoder."""
    folder = tmp_path_factory.mktemp("report")
    with photographs.open(newline="") as file:
        rows = list(csv.DictReader(file))
    patients = sorted({row["group_id"] for row in rows})[:: max(1, len({r["group_id"] for r in rows}) // PATIENTS)]
    chosen = [row for row in rows if row["group_id"] in patients]
    for row in chosen:
        row["file"] = str(photographs.parent / row["file"])
    table = folder / "records.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, chosen[0].keys())
        writer.writeheader()
        writer.writerows(chosen)
    case_base = CaseBase.create(folder / "base", embedder=f"onnx:{encoder}")
    case_base.add(load_source(str(table)))
    return case_base


@pytest.fixture(scope="package")
def evaluation(case_base, tmp_path_factory):
    """Offline methods, and prompted ones over the wire, whose model gives a hostile reply now and then."""
    task, data = "diagnosis", task_data(case_base.store, "diagnosis")

    def answer(path, picture):
        return HOSTILE if len(picture) % 5 == 0 else case_base.task(task).labels[len(picture) % 3]

    with serving(answer) as service:
        chat = chat_model("openai:gpt-4.1", base_url=service.url(), max_output_tokens=32, timeout=120)
        prompted = [
            prompted_arm(
                PromptedMethod(chain_for(method, model=chat, case_base=case_base, task=task)), "openai:gpt-4.1"
            )
            for method in ("zero-shot", "random-5", "rag-5")
        ]
        offline = [
            MajorityMethod.fit(data),
            KNNVote(case_base, task, k=5),
            VectorClassifierMethod(train(case_base.store, task, LinearProbeConfig(penalties=(100.0,)))),
            VectorClassifierMethod(train(case_base.store, task, AdapterConfig(epochs=3))),
        ]
        return evaluate(case_base, task, [*offline, *prompted], tmp_path_factory.mktemp("report") / "run")


@pytest.fixture(scope="package")
def page(case_base, evaluation):
    publish(evaluation.run, evaluation.results, case_base, projection="pca")
    return evaluation.run.path / "report.html"


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    if EXECUTABLE is None:
        pytest.skip("no Chromium on this machine")
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page
