"""Every method that can be computed here, side by side, about one picture."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dermtools.adapter import load_classifier, save_classifier
from dermtools.app.actions.classifying import ClassifyArguments, classify
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from tests.support.told import Told

CASE = "case:drawn_p01_1"


@pytest.fixture
def session(case_base: CaseBase) -> AppSession:
    return AppSession(case_base)


def _answers(session: AppSession, of: str = CASE, **options: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    told = Told()
    found = classify(session, ClassifyArguments(of=of, task="location", **options), told)
    assert told.events == found["answers"]
    return found, {answer["method"]: answer for answer in found["answers"]}


def test_each_method_answers_or_says_why_it_cannot(session: AppSession) -> None:
    _, answers = _answers(session, voters=3)
    assert len(answers["knn-vote-3"]["exemplars"]) == 3
    for name in ("adapter", "fusion", "majority"):
        assert sum(answers[name]["prediction"]["probabilities"].values()) == pytest.approx(1)
    assert "dermtools train" in answers["linear-probe"]["problem"]
    assert "reads text" in answers["label-similarity"]["problem"]
    assert not any(name.startswith(("rag", "random", "zero", "agent")) for name in answers)


def test_one_that_has_no_threshold_answers_at_any_rate_and_says_why(session: AppSession) -> None:
    _, answers = _answers(session)
    assert answers["adapter"]["prediction"]["label"] is not None
    assert "cannot abstain" in answers["adapter"]["cannot_abstain"]
    _, decided = _answers(session, abstain=False)
    assert decided["adapter"]["cannot_abstain"] is None


def test_one_that_is_less_sure_than_its_threshold_abstains_and_says_so(case_base: CaseBase, tmp_path: Path) -> None:
    copied = CaseBase.open(shutil.copytree(case_base.path, tmp_path / "copy"))
    trained = load_classifier(copied.store, "location", "adapter")
    answering = trained.record.answering
    assert answering is not None
    never = answering.abstention.model_copy(update={"threshold": 1.0})
    record = trained.record.model_copy(update={"answering": answering.model_copy(update={"abstention": never})})
    save_classifier(copied.path, replace(trained, record=record))
    _, answers = _answers(AppSession(copied))
    prediction = answers["adapter"]["prediction"]
    assert (prediction["outcome"], prediction["label"]) == ("abstained", None)
    assert "below the threshold 1.00" in prediction["reason"]
    assert prediction["probabilities"]


def test_the_truth_is_told_of_a_case_and_of_no_other_picture(session: AppSession, drawn_jpeg: bytes) -> None:
    found, _ = _answers(session)
    assert found["truth"] == list(session.opened.case("drawn_p01_1").labels["location"])
    held = session.context.images.add(drawn_jpeg, name="arm.jpg")
    brought, _ = _answers(session, held.handle)
    assert (brought["truth"], brought["case"], brought["name"]) == ([], None, "arm.jpg")


def test_a_picture_that_a_classifier_has_learned_from_is_named_as_such(session: AppSession) -> None:
    learned = session.opened.cases("split = 'train'")[0].case_id
    _, answers = _answers(session, f"case:{learned}")
    for name in ("adapter", "fusion"):
        assert any("training cases" in note for note in answers[name]["notes"])
    assert answers["knn-vote-5"]["notes"] == []


def test_a_question_that_there_is_not_is_refused(session: AppSession) -> None:
    with pytest.raises(QueryError, match="colour"):
        classify(session, ClassifyArguments(of=CASE, task="colour"), Told())
