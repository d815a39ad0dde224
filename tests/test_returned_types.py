"""What the calls of a room return has a public name in that room: people annotate their code with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from dermtools.adapter import (
    Answering,
    ClassifierConfig,
    ClassifierRecord,
    FittedOn,
    Kind,
    MajorityMethod,
    TrainedClassifier,
    Wanted,
    calibrate,
    load_classifier,
    task_data,
)
from dermtools.agent import AgentAnswer, Conversation, create_derm_agent
from dermtools.cases import AttributeValue, Problem, Split, SplitAssignment, assign_splits, load_source
from dermtools.evaluation import (
    AXES,
    SHOTS,
    Analyses,
    Arm,
    Comparison,
    Evaluation,
    Interval,
    Plan,
    PricedMethod,
    Study,
    Summary,
    analyze,
    evaluate,
    grid,
)
from dermtools.images import STORED_SIDE, ImageSource, encode_jpeg, jpeg_size, open_image
from dermtools.prompting import (
    AnswerChain,
    BuiltPrompt,
    Prompt,
    PromptBuilder,
    PromptEntry,
    PromptEstimate,
    PromptLibrary,
    answer_chain,
    parse_method,
    prompt_for,
)
from dermtools.retrieval import CaseBase, KNNVote
from dermtools.tools import offered_tools

QUERY = Path(__file__).parent / "compatibility" / "made" / "query.jpg"


class Scripted(FakeListChatModel):
    """Says what it is told to, whatever the tools."""

    def bind_tools(self, *args: Any, **options: Any) -> Scripted:
        return self


def test_images() -> None:
    source: ImageSource = QUERY
    assert isinstance(source, get_args(ImageSource))
    picture = open_image(source)
    assert jpeg_size(encode_jpeg(picture.resize((2 * STORED_SIDE, STORED_SIDE)))) == (STORED_SIDE, STORED_SIDE // 2)


def test_cases(tmp_path: Path, case_base: CaseBase) -> None:
    (tmp_path / "records.csv").write_text(f"image,diagnosis\n{QUERY},eczema\nabsent.jpg,eczema\n")
    data = load_source(tmp_path / "records.csv")
    assert [type(problem) for problem in data.problems] == [Problem]
    cases = [case_base.case(case_id) for case_id in case_base.columns.case_ids]
    assigned = assign_splits(cases)
    assert isinstance(assigned, SplitAssignment)
    assert {case.split for case in assigned.cases} == set(get_args(Split))
    assert all(isinstance(value, AttributeValue) for case in cases for value in case.attributes.values())


def test_adapter(case_base: CaseBase) -> None:
    kind: Kind = "adapter"
    classifier = load_classifier(case_base.store, "location", kind)
    assert isinstance(classifier, TrainedClassifier)
    assert isinstance(classifier.record, ClassifierRecord)
    assert isinstance(classifier.record.config, ClassifierConfig)
    assert isinstance(classifier.record.trained_on, FittedOn)
    assert isinstance(classifier.record.answering, Answering)
    assert isinstance(calibrate(classifier, task_data(case_base.store, "location"), wanted=Wanted()), TrainedClassifier)


def test_prompting(case_base: CaseBase) -> None:
    builder = prompt_for(str(parse_method("rag-2")), case_base=case_base, task="location")
    assert isinstance(builder, PromptBuilder)
    built = builder.build({"case_id": case_base.columns.case_ids[0]})
    assert isinstance(built, BuiltPrompt)
    assert isinstance(builder.estimate(built), PromptEstimate)
    assert {type(entry) for entry in PromptLibrary().entries()} == {PromptEntry}
    assert isinstance(PromptLibrary().get("location"), Prompt)
    assert isinstance(answer_chain("describe", model=Scripted(responses=["{}"])), AnswerChain)


def test_tools() -> None:
    with_model, without = ({spec.name for spec in offered_tools(with_model=given)} for given in (True, False))
    assert with_model - without == {"run_prompt"}
    with_folders = {spec.name for spec in offered_tools(with_model=False, with_folders=True)}
    assert with_folders - without == {"list_pictures"}


def test_agent(case_base: CaseBase) -> None:
    agent = create_derm_agent(Scripted(responses=["A drawn foot."]), case_base)
    conversation = agent.conversation()
    assert isinstance(conversation, Conversation)
    answer = conversation.ask("What is this?")
    assert isinstance(answer, AgentAnswer)
    assert answer.text == "A drawn foot."


def test_evaluation(case_base: CaseBase, tmp_path: Path) -> None:
    methods = [KNNVote(case_base, "location", 3), MajorityMethod.fit(task_data(case_base.store, "location"))]
    assert all(isinstance(Arm.of(method).method, PricedMethod) for method in methods)
    found = evaluate(case_base, "location", methods, tmp_path / "run", limit=4)
    assert isinstance(found, Evaluation)
    assert isinstance(found.plan, Plan)
    assert {type(one) for one in found.results.summaries} == {Summary}
    assert isinstance(found.results.best.interval, Interval)
    assert {type(one) for one in found.results.comparisons} == {Comparison}
    assert isinstance(found.results.analyses, Analyses)
    assert analyze(found.run, case_base).encoder_training


@pytest.mark.parametrize("axis", AXES)
def test_every_axis_of_a_study_makes_a_curve_of_its_own(axis: str) -> None:
    values = SHOTS if axis == "shots" else ("one", "other")
    assert [setting[axis] for setting in grid(**{axis: values})] == list(values)
    assert callable(Study.curves)
