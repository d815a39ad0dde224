"""`classify_with_adapter`: a trained classifier with the neighbours' vote beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dermtools.adapter import AdapterConfig, save_classifier, train
from dermtools.errors import QueryError
from dermtools.methods import method
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, Workspace
from tests.support.tool_calls import called


def test_a_classification_has_the_vote_beside_it(workspace: Workspace, drawn_jpeg: bytes) -> None:
    context = DermContext()
    handle = context.images.add(drawn_jpeg).handle
    result = called(workspace, "classify_with_adapter", context, image=handle, task="location", top_k=3, voters=7)
    data = result.artifact
    assert len(data["classifier"]["probabilities"]) == 3
    assert data["classifier"]["label_set"] is not None
    assert data["vote"]["method"] == "knn-vote-7"
    assert len(data["case_ids"]) == 7
    assert data["agree"] is (data["classifier"]["label"] == data["vote"]["label"])
    assert ("disagree" in result.text) is not data["agree"]


def test_a_training_case_is_said_to_be_one(workspace: Workspace, case_base: CaseBase) -> None:
    by_split = {case_base.case(case_id).split: case_id for case_id in case_base.columns.case_ids}
    for split, warned in (("train", True), ("test", False)):
        result = called(workspace, "classify_with_adapter", image=f"case:{by_split[split]}", task="location")
        assert ("is among the training cases" in result.text) is warned


def test_any_method_that_asks_no_model_may_be_named(workspace: Workspace, case_base: CaseBase) -> None:
    listed = called(workspace, "describe_case_base").artifact["methods"]
    assert {"knn-vote-K", "majority", "adapter"} <= set(listed)
    assert not {"rag-K", "agent"} & set(listed)
    asked = {"image": "case:drawn_p03_1", "task": "location", "kind": "knn-vote-3"}
    answer = called(workspace, "classify_with_adapter", **asked).artifact["classifier"]
    expected = method("knn-vote-3", case_base, "location").predict(case_base.query(case_id="drawn_p03_1"))
    assert answer["method"] == "knn-vote-3"
    assert answer["label"] == expected.label


def test_the_fusion_is_fitted_once_for_each_training(case_base: CaseBase, tmp_path: Path) -> None:
    copied = CaseBase.open(shutil.copytree(case_base.path, tmp_path / "copy"))
    workspace = Workspace(copied)
    asked = {"image": "case:drawn_p03_1", "task": "location", "kind": "fusion"}
    assert "label set at 90% coverage" in called(workspace, "classify_with_adapter", **asked).text
    fitted = workspace.fusion("location")
    assert workspace.fusion("location") is fitted
    save_classifier(copied.path, train(copied.store, "location", AdapterConfig(epochs=1)))
    assert workspace.fusion("location") is not fitted


@pytest.mark.parametrize(
    ("kind", "said"),
    [("rag-3", "rag-3 asks a chat model; use run_prompt"), ("adaptor", "did you mean adapter")],
)
def test_another_method_is_refused_with_what_to_do(workspace: Workspace, kind: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        called(workspace, "classify_with_adapter", image="case:drawn_p03_1", task="location", kind=kind)


def test_the_votes_of_a_method_stay_inside_the_run(workspace: Workspace, case_base: CaseBase) -> None:
    only = DermContext(where="split = 'train'")
    asked = {"image": "case:drawn_p03_1", "task": "location", "kind": "knn-vote-5"}
    shown = called(workspace, "classify_with_adapter", only, **asked).artifact["classifier"]["exemplars"]
    assert {case_base.case(exemplar["case_id"]).split for exemplar in shown} == {"train"}
