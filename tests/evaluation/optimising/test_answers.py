"""What an optimisation was answered: its folder, and proposals that are not paid for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.evaluation import Arm, Budget, RunError, Target
from dermtools.evaluation.optimising.answers import Answers, StoppedError, answers_in
from dermtools.evaluation.running.records import RecordLog
from dermtools.prediction import LocalMethod, Prediction, Query, TokenUsage
from dermtools.prompting import chat_model
from tests.support.openai_replies import Fail
from tests.support.optimising import Service


def _answers(
    log: RecordLog, service: Service, limit: float | None = None, priced_as: str = "openai:gpt-4.1-mini"
) -> Answers:
    model = chat_model("openai:gpt-4.1-mini", base_url=service.url, max_output_tokens=1000)
    return Answers(log, Budget(limit), lambda case_id: Query(name=case_id), model, priced_as)


def test_the_folder_is_begun_and_gone_on_with_by_the_same_settings_only(tmp_path: Path) -> None:
    for _ in range(2):
        with answers_in(tmp_path / "kept", {"seed": 1, "cases": ("a", "b")}):
            pass
    with (
        pytest.raises(RunError, match="begun with another seed; choose"),
        answers_in(tmp_path / "kept", {"seed": 2, "cases": ["a", "b"]}),
    ):
        pass


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other files"), answers_in(tmp_path, {}):
        pass


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    with (
        answers_in(tmp_path / "kept", {}),
        pytest.raises(RunError, match="another process"),
        answers_in(tmp_path / "kept", {}),
    ):
        pass


def test_damaged_settings_are_one_line(tmp_path: Path) -> None:
    with answers_in(tmp_path / "kept", {}):
        pass
    (tmp_path / "kept" / "settings.json").write_text("{")
    with pytest.raises(RunError, match=r"settings\.json cannot be read"), answers_in(tmp_path / "kept", {}):
        pass


def test_a_proposal_is_paid_for_once_and_asking_again_gives_another(proposing: Service, tmp_path: Path) -> None:
    proposing.proposals = ["first", "second", "third"]
    for sent in (2, 2, 3):
        with answers_in(tmp_path / "kept", {}) as log:
            answers = _answers(log, proposing)
            said = [str(answers.reflect("messages.0.text", "Improve it.", "location").raw) for _ in range(sent)]
        assert [text.split("\n")[1] for text in said] == ["first", "second", "third"][:sent]
        assert len(proposing.requests) == sent
    assert log.records[0].prediction.usage == TokenUsage(input_tokens=20, output_tokens=5)
    # $0.40 and $1.60 for a million tokens.
    assert log.records[0].price_usd == pytest.approx(20 * 0.4e-6 + 5 * 1.6e-6)


def test_a_proposal_that_might_pass_the_ceiling_is_not_asked_for(proposing: Service, tmp_path: Path) -> None:
    with answers_in(tmp_path / "kept", {}) as log, pytest.raises(StoppedError, match="passed the ceiling"):
        _answers(log, proposing, limit=0.001).reflect("messages.0.text", "Improve it.", "location")
    assert proposing.requests == []


def test_a_reflecting_model_that_fails_ends_it_and_is_asked_again_next_time(proposing: Service, tmp_path: Path) -> None:
    proposing.failing = Fail(401, "Incorrect API key provided.")
    with (
        answers_in(tmp_path / "kept", {}) as log,
        pytest.raises(RunError, match=r"did not answer: .*Incorrect API key"),
    ):
        _answers(log, proposing).reflect("messages.0.text", "Improve it.", "location")
    proposing.failing = None
    with answers_in(tmp_path / "kept", {}) as log:
        assert _answers(log, proposing).reflect("messages.0.text", "Improve it.", "location").raw
    assert len(proposing.requests) == 2


def test_what_a_proposal_costs_is_unknown_where_its_model_is(proposing: Service, tmp_path: Path) -> None:
    with answers_in(tmp_path / "kept", {}) as log:
        assert _answers(log, proposing, priced_as="openai:nobody-knows").estimate("x", 50).dollars is None
        # 4 characters a token, and 4 tokens a message.
        price = _answers(log, proposing).estimate("x" * 400, 50).dollars
    assert price == pytest.approx(104 * 0.4e-6 + 50 * 1.6e-6)


class _Local(LocalMethod):
    name, task = "local", "location"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def predict(self, query: Query) -> Prediction:
        self.asked.append(query.name)
        return Prediction(method=self.name, task=self.task, label="back")


def test_a_case_that_a_batch_holds_twice_is_asked_about_once(proposing: Service, tmp_path: Path) -> None:
    target, method = Target("one", "patient", ("back",)), _Local()
    with answers_in(tmp_path / "kept", {}) as log:
        found = _answers(log, proposing).of([Arm.of(method)], [target, target])
        assert _answers(log, proposing).of([Arm.of(method)], [target]) == found
    assert method.asked == ["one"]
    assert found["local"]["one"].prediction.label == "back"
