"""`base=`, the former name of `case_base=`, still means it, and warns."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from dermtools.prompting import (
    NoExemplars,
    PromptBuilder,
    PromptLibrary,
    RagSelector,
    RandomSelector,
    answer_chain,
    chain_for,
    knn_rag,
    parse_method,
    prompt_for,
    random_few_shot,
    zero_shot,
)
from dermtools.retrieval import CaseBase

MODEL = FakeListChatModel(responses=["hand"])
TASK: dict[str, Any] = {"task": "location"}


def warned() -> pytest.WarningsRecorder:
    return pytest.warns(
        DeprecationWarning, match=r"base= is called case_base= now; the former name goes with version 0\.3"
    )


@pytest.mark.parametrize(
    ("function", "given"),
    [
        (prompt_for, {"method": "rag-3", **TASK}),
        (chain_for, {"method": "rag-3", "model": MODEL, **TASK}),
        (zero_shot, {"model": MODEL, **TASK}),
        (random_few_shot, {"model": MODEL, **TASK, "k": 3}),
        (knn_rag, {"model": MODEL, **TASK, "k": 3}),
        (answer_chain, {"prompt": "compare", "model": MODEL, "method": "rag-3", **TASK}),
    ],
)
def test_functions_take_it_and_refuse_both(function: Any, given: dict[str, Any], case_base: CaseBase) -> None:
    with warned() as told:
        made = function(**given, base=case_base)
    # Where the caller stands, once.
    assert [warning.filename for warning in told] == [__file__]
    former, current = (
        one if isinstance(one, PromptBuilder) else one.builder for one in (made, function(**given, case_base=case_base))
    )
    assert former.case_base is case_base
    assert former.settings == current.settings
    with pytest.raises(TypeError, match="give one of them"):
        function(**given, base=case_base, case_base=case_base)


def test_the_builder_and_the_selectors_take_it(case_base: CaseBase) -> None:
    task = case_base.task("location")
    given = (parse_method("zero-shot"), PromptLibrary().for_task(task), task, NoExemplars())
    with warned():
        assert PromptBuilder(*given, base=case_base).case_base is case_base
    with pytest.raises(TypeError, match="give one of them"):
        PromptBuilder(*given, base=case_base, case_base=case_base)
    with warned():
        assert RagSelector(base=case_base, task=task, k=3).case_base is case_base
    with warned():
        assert RandomSelector(base=case_base, task=task, k=3).case_base is case_base
