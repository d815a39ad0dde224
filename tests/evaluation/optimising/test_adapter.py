"""The adapter: what GEPA is told, what the reflecting model reads, and what is never sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gepa import GEPAAdapter

from dermtools.evaluation import Arm, Budget
from dermtools.evaluation.optimising.adapter import TRIES, PromptAdapter
from dermtools.evaluation.optimising.answers import Answers, answers_in
from dermtools.evaluation.optimising.parts import Parts, validation_parts
from dermtools.evaluation.optimising.texts import texts_of, with_texts
from dermtools.methods import method
from dermtools.prompting import Prompt, PromptLibrary, chat_model
from dermtools.retrieval import CaseBase
from tests.support.openai_replies import Refuse
from tests.support.optimising import BETTER, Service


@pytest.fixture(scope="module")
def parts(valid_base: CaseBase) -> Parts:
    return validation_parts(valid_base, "location", held_out=0.4)


@pytest.fixture
def adapter(valid_base: CaseBase, proposing: Service, parts: Parts, tmp_path: Path) -> Iterator[PromptAdapter]:
    prompt = PromptLibrary().get("generic")
    model, reflecting = (chat_model(f"openai:{name}", base_url=proposing.url) for name in ("gpt-4.1", "gpt-4.1-mini"))

    def arm_of(texts: dict[str, str]) -> Arm:
        made = Prompt.of(with_texts(prompt.file, texts), prompt.path)
        asked = method("rag-2", valid_base, "location", model=model, prompt=made, split="train")
        return replace(Arm.of(asked), name=made.hash[:12])

    with answers_in(tmp_path / "kept", {}) as log:
        yield PromptAdapter(
            answers=Answers(
                log, Budget(None), lambda case_id: valid_base.query(case_id=case_id), reflecting, "openai:x"
            ),
            arm_of=arm_of,
            task=valid_base.task("location"),
            first=texts_of(prompt.file, "rag"),
            meanings={"labels": "the classes"},
            choosing=frozenset(one.case_id for one in parts.choosing),
            most=100,
        )


def test_it_has_every_part_of_gepas_protocol(adapter: PromptAdapter) -> None:
    asked_for = [name for name in vars(GEPAAdapter) if not name.startswith("_")]
    assert "evaluate" in asked_for
    assert [name for name in asked_for if not callable(getattr(adapter, name, None))] == []


def test_an_answer_scores_one_where_it_is_exactly_a_true_label(adapter: PromptAdapter, parts: Parts) -> None:
    better = {**adapter.first, "messages.0.text": BETTER}
    assert adapter.evaluate(list(parts.learning), dict(adapter.first)).scores == [0.0] * 6
    assert adapter.evaluate(list(parts.choosing), better).scores == [1.0] * 8
    assert (adapter.best, adapter.scores, adapter.over(None)) == (adapter.first, [1.0], True)


def test_a_candidate_without_a_placeholder_scores_nothing_and_is_not_sent(
    adapter: PromptAdapter, proposing: Service, parts: Parts
) -> None:
    broken = {**adapter.first, "messages.0.text": "Choose."}
    batch = adapter.evaluate(list(parts.learning), broken, capture_traces=True)
    assert batch.scores == [0.0] * 6
    assert proposing.requests == []
    (record, *_) = adapter.make_reflective_dataset(broken, batch, ["messages.0.text"])["messages.0.text"]
    assert "it lost {instruction}, {labels}, {question}" in record["Feedback"]


def test_what_is_read_of_an_answer_is_the_reply_the_truth_and_labels_of_examples(
    adapter: PromptAdapter, parts: Parts
) -> None:
    (target, *_) = parts.learning
    batch = adapter.evaluate([target], dict(adapter.first), capture_traces=True)
    told = adapter.make_reflective_dataset(dict(adapter.first), batch, ["messages.0.text"])
    (record,) = told["messages.0.text"]
    shown = [" | ".join(one.labels) for one in batch.outputs[0].prediction.exemplars]
    assert len(shown) == 2
    assert record == {
        "Labels of the examples shown before the photograph, in their order": ", ".join(shown),
        "Answer": '{"label": "tongue"}',
        "Feedback": f"Wrong: the label is {target.truth[0]}. The answer did not count (no label of the set: 'tongue').",
    }


def test_after_three_proposals_that_cannot_be_used_the_text_stays(adapter: PromptAdapter, proposing: Service) -> None:
    proposing.proposals = ["No placeholder."]
    place = "messages.0.text"
    assert adapter.propose_new_texts(adapter.first, {place: []}, [place]) == {place: adapter.first[place]}
    assert (adapter.proposed, len(adapter.refused), len(proposing.reflections)) == (TRIES, TRIES, TRIES)
    assert adapter.ended is None


def test_a_reflecting_model_that_declines_costs_a_proposal_and_no_more(
    adapter: PromptAdapter, proposing: Service
) -> None:
    proposing.failing = Refuse()
    place = "messages.0.text"
    assert adapter.propose_new_texts(adapter.first, {place: []}, [place]) == {place: adapter.first[place]}
    assert "declined" in adapter.refused[0]


def test_the_reflecting_model_is_told_what_each_placeholder_stands_for(
    adapter: PromptAdapter, proposing: Service
) -> None:
    adapter.propose_new_texts(adapter.first, {"messages.0.text": []}, ["messages.0.text"])
    (asked,) = proposing.reflections
    assert "- {labels}: the classes\n" in asked
    assert "Literal braces are written twice: {{ }}" in asked
    assert "abdomen, back, face" in asked


def test_no_more_answers_are_asked_for_than_were_allowed(
    adapter: PromptAdapter, proposing: Service, parts: Parts
) -> None:
    adapter.most = 5
    with pytest.raises(Exception, match="5 answers are the most"):
        adapter.evaluate(list(parts.learning), dict(adapter.first))
    assert proposing.requests == []
    assert adapter.over(None)
