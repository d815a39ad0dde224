"""One door to every method: names, options, models, and what other packages add."""

from __future__ import annotations

import re
import shutil

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

import dermtools
from dermtools.adapter import LinearProbeConfig, save_classifier, train
from dermtools.errors import QueryError
from dermtools.methods import families, family_of, method, patterns, prompted_names, prompted_pattern, prompted_words
from dermtools.prediction import Method
from dermtools.prompting import PromptLibrary
from dermtools.retrieval import CaseBase


@pytest.fixture
def model() -> FakeListChatModel:
    return FakeListChatModel(responses=['{"label": "hand"}'])


LOCAL = ("knn-vote-3", "majority", "adapter", "linear-probe", "fusion")
PROMPTED = ("zero-shot", "random-2", "rag-2", "rag-mmr-2", "rag-balanced-2", "rag-labels-2")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, case_base: CaseBase) -> CaseBase:
    """The drawn case base with an adapter and a linear probe."""
    copy = CaseBase.open(shutil.copytree(case_base.path, tmp_path_factory.mktemp("trained") / "base"))
    save_classifier(copy.path, train(copy.store, "location", LinearProbeConfig()))
    return copy


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_method_answers_through_the_door(trained: CaseBase, name: str) -> None:
    made = dermtools.method(name, trained, "location")
    assert isinstance(made, Method)
    assert (made.name, made.task, made.remote) == (name, "location", False)
    assert made.predict(trained.query(case_id="drawn_p03_1")).method == name


@pytest.mark.parametrize("name", [*PROMPTED, "agent"])
def test_a_method_with_a_model_is_made_through_the_door(
    case_base: CaseBase, model: FakeListChatModel, name: str
) -> None:
    made = method(name, case_base, "location", model=model)
    assert (made.name, made.task, made.remote) == (name, "location", True)


def test_a_model_may_be_named(case_base: CaseBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    made = method("zero-shot", case_base, "location", model="openai:gpt-4.1")
    assert made.settings["model"] == "openai:gpt-4.1"
    estimate = made.estimate(case_base.query(case_id="drawn_p03_1"))
    assert estimate is not None
    assert estimate.price_usd


def test_the_options_of_a_family_reach_its_method(case_base: CaseBase, model: FakeListChatModel) -> None:
    query = case_base.query(case_id="drawn_p03_1")
    found = method("knn-vote-9", case_base, "location", max_per_group=1).predict(query).exemplars
    assert len({exemplar.group_id for exemplar in found}) == len(found)
    made = method("rag-2", case_base, "location", model=model, order="nearest-first", layout="pairs")
    assert made.settings["order"] == "nearest-first"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rag", "did you mean rag-K, e.g. rag-5? there are: "),
        ("RAG-5", "did you mean rag-K, e.g. rag-5? "),
        ("zero-shotty", "did you mean zero-shot? "),
        ("knn-5", "did you mean knn-vote-K, e.g. knn-vote-5? "),
        ("12345", "no method '12345'; there are: "),
        ("rag-K", "did you mean rag-K, e.g. rag-5? "),
    ],
)
def test_an_unknown_name_lists_all_families_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        family_of(name)
    assert said in str(raised.value)
    assert all(pattern in str(raised.value) for pattern in patterns())


@pytest.mark.parametrize("name", ["knn-vote-0", "rag-0", "rag-101"])
def test_a_number_out_of_bounds_is_refused(case_base: CaseBase, model: FakeListChatModel, name: str) -> None:
    asked = model if name.startswith("rag") else None
    with pytest.raises(QueryError, match=r"K of \S+-K is a whole number from 1 to"):
        method(name, case_base, "location", model=asked)


@pytest.mark.parametrize(
    ("name", "option", "said"),
    [
        ("majority", "abstain", "majority does not take abstain; its options: none"),
        ("adapter", "prompt", "its options: abstain, coverage, precision"),
        ("knn-vote-5", "precision", "its options: splits, max_per_group, where"),
        ("zero-shot", "order", "zero-shot does not take order"),
        ("random-5", "order", "random-5 does not take order"),
        ("rag-5", "seed", "rag-5 does not take seed"),
        ("agent", "abstain", "its options: library, prompts, where"),
    ],
)
def test_an_option_that_a_method_does_not_take_is_refused(
    case_base: CaseBase, model: FakeListChatModel, name: str, option: str, said: str
) -> None:
    asked = model if family_of(name).needs_model else None
    with pytest.raises(QueryError, match=re.escape(said)):
        method(name, case_base, "location", model=asked, **{option: 1})


def test_a_model_is_refused_where_none_is_asked_and_required_where_one_is(
    case_base: CaseBase, model: FakeListChatModel
) -> None:
    with pytest.raises(QueryError, match="majority does not take model"):
        method("majority", case_base, "location", model=model)
    with pytest.raises(QueryError, match=r"rag-5 asks a chat model; name it, e\.g\. --model openai:gpt-4\.1"):
        method("rag-5", case_base, "location")


def test_either_a_library_or_folders_of_prompts(case_base: CaseBase, model: FakeListChatModel) -> None:
    with pytest.raises(QueryError, match="either a library or folders"):
        method("rag-2", case_base, "location", model=model, library=PromptLibrary(), prompts=["."])


def test_an_unknown_task_lists_those_that_there_are(case_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="location"):
        method("majority", case_base, "colour")


def test_every_family_names_its_options_and_what_it_needs() -> None:
    known = {family.pattern: family for family in families()}
    assert list(known) == patterns()
    assert {pattern for pattern, family in known.items() if family.needs_model} == {
        *(re.sub("-2$", "-K", name) for name in PROMPTED),
        "agent",
    }
    assert known["rag-K"].options["order"] == "Order"
    assert known["agent"].options["concurrency"] == "int"


def test_the_pattern_of_prompted_names_holds_exactly_them() -> None:
    pattern = re.compile(prompted_pattern(20))
    assert all(pattern.search(name) for name in (*prompted_names(), "random-20"))
    assert not any(pattern.search(name) for name in ("rag-0", "rag-21", "rag-5x", "xrag-5", "knn-vote-5", "agent"))


def test_a_model_is_told_every_prompted_method_and_how_many_examples_it_may_ask_for() -> None:
    assert set(re.findall(r"[\w-]+-K", prompted_words(20))) == {p for p in patterns() if p[:3] in ("rag", "ran")}
    assert "1 to 20" in prompted_words(20)
