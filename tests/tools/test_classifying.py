"""`classify_with_adapter`: a trained classifier with the neighbours' vote beside it."""

from __future__ import annotations

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
