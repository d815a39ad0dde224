"""Method against method, case by case; and run against run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.app.actions import comparing
from dermtools.app.actions.comparing import AnswerArguments, ArmArguments, CasesArguments, CompareArguments, Kind
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.evaluation import Run, compare_runs, prompt_diffs
from dermtools.retrieval import CaseBase
from tests.support.told import Told

RAG, VOTE = ArmArguments(name="prompted", arm="rag-3"), ArmArguments(name="prompted", arm="knn-vote-5")


@pytest.fixture(scope="module")
def session(photograph_base: Path, evaluations: Path) -> AppSession:
    return AppSession(CaseBase.open(photograph_base), runs=evaluations)


@pytest.fixture(scope="module")
def run(evaluations: Path) -> Run:
    return Run.open(evaluations / "prompted")


@pytest.mark.parametrize("kind", ["both", "first", "second", "neither"])
def test_cases_are_counted_and_listed_by_who_is_right(session: AppSession, run: Run, kind: Kind) -> None:
    asked = CasesArguments(first=RAG, second=VOTE, kind=kind, count=200)
    found = comparing.method_cases(session, asked, Told())
    scored = {one.name: one for one in run.scored()}
    wanted = {"both": (True, True), "first": (True, False), "second": (False, True), "neither": (False, False)}[kind]
    pairs = zip(scored["rag-3"].right, scored["knn-vote-5"].right, scored["rag-3"].targets, strict=True)
    expected = [target.case_id for one, other, target in pairs if (bool(one), bool(other)) == wanted]
    assert [case["case_id"] for case in found["cases"]] == expected
    assert found["total"] == found["counts"][kind] == len(expected)
    assert sum(found["counts"].values()) == 24


def test_the_cases_of_a_cell_of_the_matrix_are_listed(session: AppSession, run: Run) -> None:
    found = comparing.method_cases(session, CasesArguments(first=RAG, truth="BCC", answer=""), Told())
    rag = next(one for one in run.scored() if one.name == "rag-3")
    expected = [target.case_id for target, label in zip(rag.targets, rag.labels, strict=True) if label is None]
    assert {case["case_id"] for case in found["cases"]} <= set(expected)
    assert all(case["truth"] == ["BCC"] and case["first"]["label"] is None for case in found["cases"])


def test_methods_of_two_runs_are_held_against_each_other_on_the_cases_that_both_have(session: AppSession) -> None:
    asked = CasesArguments(first=RAG, second=ArmArguments(name="again", arm="rag-3"))
    assert sum(comparing.method_cases(session, asked, Told())["counts"].values()) == 24


def test_an_answer_has_its_prompt_raw_reply_and_examples(session: AppSession, run: Run) -> None:
    (record, *_) = [record for record in run.records() if record.arm == "rag-3" and record.prediction.label is None]
    said = comparing.answer(session, AnswerArguments(**RAG.model_dump(), case_id=record.case_id), Told())
    assert said["prediction"]["raw"] == record.prediction.raw
    assert [one["case_id"] for one in said["exemplars"]] == [one.case_id for one in record.prediction.exemplars]
    pictures = [part for message in said["messages"] for part in message["parts"] if "picture" in part]
    assert len(pictures) == 4
    assert said["cost"].startswith("$0.00")


def test_what_a_run_says_of_a_case_is_shown_without_a_case_base(evaluations: Path, run: Run) -> None:
    alone = AppSession(runs=evaluations)
    found = comparing.method_cases(alone, CasesArguments(first=RAG, second=VOTE), Told())
    assert {case["has_picture"] for case in found["cases"]} == {False}
    case_id = run.spec.targets[0].case_id
    said = comparing.answer(alone, AnswerArguments(**RAG.model_dump(), case_id=case_id), Told())
    assert said["case"] is None
    assert [one["handle"] for one in said["exemplars"]] == [None] * 3
    assert "no case base is open" in said["no_messages"]


def test_two_runs_are_compared_as_on_the_command_line(session: AppSession, evaluations: Path) -> None:
    said = comparing.compare(session, CompareArguments(a="prompted", b="again"), Told())
    opened = [Run.open(evaluations / name) for name in ("prompted", "again")]
    found = compare_runs(opened)
    assert [pair["in_words"] for pair in said["comparisons"]] == [pair.sentence for pair in found.comparisons]
    assert set(said["origins"]) == set(found.run.arms)
    assert said["origins"]["rag-3 (again)"] == {"name": "again", "arm": "rag-3"}
    assert said["shared"] == {"cases": 24, "groups": found.run.groups, "a": 24, "b": 30}
    (diff,) = said["prompts"]
    (text,) = prompt_diffs(*opened)
    assert [line["sign"] + line["text"] for line in diff["lines"]] == text.split("\n")[2:]
    changed = {line["sign"]: line["text"].strip() for line in diff["lines"] if line["sign"] in "+-"}
    assert changed["+"].startswith("First look at symmetry")
    assert changed["-"].startswith("Look at symmetry")


def test_what_was_not_asked_is_refused(session: AppSession) -> None:
    with pytest.raises(QueryError, match="no method 'rag-4' in prompted; did you mean rag-3"):
        comparing.method_cases(session, CasesArguments(first=ArmArguments(name="prompted", arm="rag-4")), Told())
    with pytest.raises(QueryError, match="was not asked about case 'nobody'"):
        comparing.answer(session, AnswerArguments(**RAG.model_dump(), case_id="nobody"), Told())
