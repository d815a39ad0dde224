"""`search_similar_cases`: what the case base finds, as short text and plain data."""

from __future__ import annotations

import json

from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, Workspace
from tests.support.tool_calls import called


def test_a_search_gives_short_text_and_plain_data(workspace: Workspace, drawn_jpeg: bytes) -> None:
    context = DermContext()
    handle = context.images.add(drawn_jpeg).handle
    result = called(workspace, "search_similar_cases", context, image=handle, k=3, where="fitzpatrick <= 3")
    data = result.artifact
    assert len(result.text) < 1500
    assert json.loads(json.dumps(data)) == data
    assert data["query"] == handle
    assert [case["rank"] for case in data["cases"]] == [1, 2, 3]
    assert all(case["attributes"]["fitzpatrick"] <= 3 for case in data["cases"])
    assert data["case_ids"] == [case["case_id"] for case in data["cases"]]
    for case in data["cases"]:
        assert f"{case['rank']}. {case['handle']} (distance {case['distance']:.4g})" in result.text


def test_a_search_equals_that_of_the_case_base(workspace: Workspace, drawn_jpeg: bytes) -> None:
    context = DermContext()
    handle = context.images.add(drawn_jpeg).handle
    expected = workspace.case_base.search(drawn_jpeg, k=5, max_per_group=1)
    data = called(workspace, "search_similar_cases", context, image=handle, k=5).artifact
    assert data["case_ids"] == expected.case_ids
    assert [case["distance"] for case in data["cases"]] == [neighbor.distance for neighbor in expected]


def test_a_case_never_meets_its_own_patient(workspace: Workspace, case_base: CaseBase) -> None:
    found = called(workspace, "search_similar_cases", image="case:drawn_p01_1", k=20).artifact["cases"]
    assert found
    assert "drawn_p01" not in {case["group_id"] for case in found}


def test_a_picture_from_outside_never_meets_its_own_patient(workspace: Workspace, case_base: CaseBase) -> None:
    context = DermContext()
    handle = context.images.add(case_base.jpeg("drawn_p01_1")).handle
    found = called(workspace, "search_similar_cases", context, image=handle, k=20).artifact["cases"]
    assert found
    assert "drawn_p01" not in {case["group_id"] for case in found}
