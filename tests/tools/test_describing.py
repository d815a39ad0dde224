"""`describe_case_base`: what there is, and what is covered badly."""

from __future__ import annotations

from dermtools.retrieval import CaseBase
from dermtools.retrieval.audit.report import Counts
from dermtools.tools import Workspace
from dermtools.tools.describing import dark_skin_gap
from tests.support.tool_calls import called


def test_a_description_names_tasks_counts_and_gaps(workspace: Workspace, case_base: CaseBase) -> None:
    result = called(workspace, "describe_case_base")
    data = result.artifact
    assert data["cases"] == len(case_base)
    assert [task["name"] for task in data["tasks"]] == ["diagnosis", "location"]
    assert data["tasks"][1]["classifiers"] == ["adapter"]
    assert sum(data["tasks"][1]["labels"].values()) == 42
    assert any("fewer than 5 cases" in gap for gap in data["gaps"])
    assert str(case_base.path) not in f"{data} {result.text}"


def test_few_dark_skin_cases_are_called_a_gap() -> None:
    few = Counts(name="fitzpatrick", counts={"2": 90, "5": 3, "VI": 1}, unknown=6)
    assert dark_skin_gap(few) == "few cases of dark skin: 4 of 94 with a known fitzpatrick are V or VI; 6 unknown"
    assert dark_skin_gap(Counts(name="fitzpatrick", counts={"2": 50, "5": 30, "6": 20}, unknown=0)) is None
    assert "unknown" in (dark_skin_gap(Counts(name="fitzpatrick", counts={"5": 10}, unknown=90)) or "")
