"""The agent as a method: its policies, and what a prediction keeps of how it came about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dermtools.errors import PromptError, QueryError
from dermtools.evaluation import Arm
from dermtools.methods import method
from dermtools.prediction import Method, Prediction, Trail
from dermtools.prompting import chat_model, read_prompt
from dermtools.retrieval import CaseBase
from tests.support.agent_policies import obedient
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.paths import ROOT
from tests.support.streaming_server import StreamingOpenAIServer

SEARCHED = Trail(fetched=True, calls={"search_similar_cases": 1}, pictures=5)
NOTHING = Trail(fetched=False)
ONLY_CASES = """id: agent-words
version: 1
description: Words of similar cases, and nothing else.
template_format: f-string
tools: [search_similar_cases]
messages:
  - role: system
    text: "- Before every answer, look one case up."
"""


def agent_of(case_base: CaseBase, name: str, server: OpenAIServer | None = None, **options: object) -> Method:
    url = server.url if server else "http://127.0.0.1:9/v1"
    model = chat_model("openai:gpt-4.1", base_url=url, api_key="k")
    return method(name, case_base, "location", model=model, **options)


def answered(
    schemas: OpenAISchemas, case_base: CaseBase, name: str, *, sure: bool = True, **options: object
) -> tuple[Prediction, list[str]]:
    """The prediction for one case, and the names of the tools that were offered."""
    with StreamingOpenAIServer(schemas, obedient(lambda jpeg: sure)) as server:
        found = agent_of(case_base, name, server, **options).predict(case_base.query(case_id="drawn_p03_1"))
        offered = [tool["function"]["name"] for tool in server.requests[0].body["tools"]]
        assert [request.refused for request in server.requests if request.refused] == []
    return found, offered


@pytest.mark.parametrize(
    ("name", "sure", "trail"),
    [
        ("agent", True, SEARCHED),
        ("agent-always", True, SEARCHED),
        ("agent-never", False, NOTHING),
        ("agent-when-unsure", True, NOTHING),
        ("agent-when-unsure", False, SEARCHED),
    ],
)
def test_a_prediction_keeps_whether_it_fetched_what_it_called_and_how_many_pictures_it_saw(
    schemas: OpenAISchemas, case_base: CaseBase, name: str, sure: bool, trail: Trail
) -> None:
    found, _ = answered(schemas, case_base, name, sure=sure)
    assert (found.method, found.trail) == (name, trail)


def test_vote_first_is_told_the_share_of_the_votes_and_fetches_where_it_is_small(
    schemas: OpenAISchemas, case_base: CaseBase, tmp_path: Path
) -> None:
    usual = (ROOT / "prompts" / "agent-vote-first.yaml").read_text(encoding="utf-8")
    trails = []
    for share in ("0 %", "100 %"):
        (tmp_path / "agent-vote-first.yaml").write_text(usual.replace("default: 50 %", f"default: {share}"))
        found, _ = answered(schemas, case_base, "agent-vote-first", prompts=[tmp_path])
        trails.append(found.trail)
    asked = {"classify_with_adapter": 1}
    assert trails == [
        Trail(fetched=False, calls=asked),
        Trail(fetched=True, calls={**asked, "search_similar_cases": 1}, pictures=5),
    ]


def test_one_that_never_looks_up_has_no_tool_to_do_it_with(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    assert answered(schemas, case_base, "agent-never")[1] == ["final_answer"]
    assert "search_similar_cases" in answered(schemas, case_base, "agent")[1]


def test_a_policy_of_ones_own_is_a_prompt_file_and_may_choose_the_tools(
    schemas: OpenAISchemas, case_base: CaseBase, tmp_path: Path
) -> None:
    (tmp_path / "agent-words.yaml").write_text(ONLY_CASES)
    found, offered = answered(schemas, case_base, "agent-words", prompts=[tmp_path])
    assert found.method == "agent-words"
    assert sorted(offered) == ["final_answer", "search_similar_cases"]


def test_its_record_names_and_keeps_the_policy_and_plain_agents_stay_as_they_were(
    case_base: CaseBase, tmp_path: Path
) -> None:
    plain, always = agent_of(case_base, "agent"), agent_of(case_base, "agent-always")
    added = {name: value for name, value in always.settings.items() if plain.settings.get(name) != value}
    policy = read_prompt(ROOT / "prompts" / "agent-always.yaml")
    assert added == {"method": "agent-always", "policy": "agent-always", "policy_hash": policy.hash}
    for name, text in Arm.of(always).documents.items():
        (tmp_path / Path(name).name).write_text(text, encoding="utf-8")
    assert read_prompt(tmp_path / "agent-always.yaml").hash == policy.hash
    kept = agent_of(case_base, "agent-always", prompts=[tmp_path])
    assert kept.settings == always.settings


def test_a_prediction_of_another_method_is_written_as_before() -> None:
    assert "trail" not in Prediction(method="m", task="t", label="a").model_dump_json()
    told = Prediction(method="m", task="t", label="a", trail=NOTHING)
    assert Prediction.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("agent-alway", "no policy 'alway'; did you mean always"),
        ("agent-", "no policy ''"),
    ],
)
def test_an_unknown_policy_is_refused_with_those_that_there_are(case_base: CaseBase, name: str, says: str) -> None:
    with pytest.raises(PromptError) as caught:
        agent_of(case_base, name)
    assert says in str(caught.value)
    assert "agent-" in str(caught.value)


def test_the_system_message_of_a_plain_agent_says_what_it_always_said(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    with StreamingOpenAIServer(schemas, obedient()) as server:
        agent_of(case_base, "agent", server).predict(case_base.query(case_id="drawn_p03_1"))
        told = json.dumps(server.requests[0].messages[0])
    assert "- To name a class, look up similar cases or run a classifier first; use more than one source" in told


def test_other_methods_take_no_further_word(case_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="no method 'majority-always'"):
        method("majority-always", case_base, "location")
