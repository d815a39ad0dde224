"""The toolkit outside an agent: content, artifact, pictures, errors; sync and async."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import pytest
from langchain_core.messages import AIMessage, ToolMessage
from PIL import Image

from dermtools.agent import DermContext, DermToolkit, exemplar_messages
from dermtools.cases.sources.sample import load_sample
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from dermtools.tools.catalog import CATALOG
from tests.support.openai_replies import Answer, Fail
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


@pytest.fixture
def toolkit(case_base: CaseBase) -> DermToolkit:
    return DermToolkit.over(case_base)


def called(toolkit: DermToolkit, name: str, **arguments: Any) -> ToolMessage:
    message = toolkit.tool(name).invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


def test_a_search_gives_short_text_and_plain_data(toolkit: DermToolkit, drawn_jpeg: bytes) -> None:
    handle = toolkit.attach(drawn_jpeg).handle
    message = called(toolkit, "search_similar_cases", image=handle, k=3, where="fitzpatrick <= 3")
    assert isinstance(message.content, str)
    assert len(message.content) < 1500
    data = json.loads(json.dumps(message.artifact))
    assert data == message.artifact
    assert data["query"] == handle
    assert [case["rank"] for case in data["cases"]] == [1, 2, 3]
    assert all(case["attributes"]["fitzpatrick"] <= 3 for case in data["cases"])
    assert data["case_ids"] == [case["case_id"] for case in data["cases"]]
    for case in data["cases"]:
        assert f"{case['rank']}. {case['handle']} (distance {case['distance']:.4g})" in message.content


def test_a_search_equals_that_of_the_case_base(toolkit: DermToolkit, case_base: CaseBase, drawn_jpeg: bytes) -> None:
    handle = toolkit.attach(drawn_jpeg).handle
    expected = case_base.search(drawn_jpeg, k=5, max_per_group=1)
    data = called(toolkit, "search_similar_cases", image=handle, k=5).artifact
    assert data["case_ids"] == expected.case_ids
    assert [case["distance"] for case in data["cases"]] == [neighbor.distance for neighbor in expected]


def test_a_case_never_meets_its_own_patient(toolkit: DermToolkit, case_base: CaseBase) -> None:
    found = called(toolkit, "search_similar_cases", image="case:drawn_p01_1", k=20).artifact["cases"]
    assert found
    assert "drawn_p01" not in {case["group_id"] for case in found}
    # Nor does its picture, brought in from outside without a word of whose it is.
    handle = toolkit.attach(case_base.jpeg("drawn_p01_1")).handle
    found = called(toolkit, "search_similar_cases", image=handle, k=20).artifact["cases"]
    assert "drawn_p01" not in {case["group_id"] for case in found}


def test_pictures_come_on_request_small_and_without_metadata(toolkit: DermToolkit) -> None:
    message = called(toolkit, "search_similar_cases", image="case:drawn_p01_1", k=4, show_pictures=True)
    blocks = [block for block in message.content if isinstance(block, dict) and block["type"] == "image_url"]
    assert len(blocks) == len(message.artifact["pictures"]) == 4
    encoded = [base64.b64decode(block["image_url"]["url"].partition(",")[2]) for block in blocks]
    assert sum(map(len, encoded)) <= 600_000
    for jpeg in encoded:
        with Image.open(io.BytesIO(jpeg)) as image:
            assert max(image.size) <= 384
            assert not image.getexif()


def test_pictures_are_capped_in_bytes(toolkit: DermToolkit) -> None:
    from dermtools.tools.pictures.showing import small_jpegs

    handles = [f"case:{case_id}" for case_id in toolkit.workspace.case_base.columns.case_ids[:10]]
    taken, left_out = small_jpegs(toolkit.workspace, DermContext(), handles, max_bytes=60_000)
    assert 0 < sum(map(len, taken.values())) <= 60_000
    assert left_out
    assert {*taken, *left_out} == set(handles)


def test_a_classification_has_the_vote_beside_it(toolkit: DermToolkit, drawn_jpeg: bytes) -> None:
    handle = toolkit.attach(drawn_jpeg).handle
    message = called(toolkit, "classify_with_adapter", image=handle, task="location", top_k=3, voters=7)
    data = message.artifact
    assert len(data["classifier"]["probabilities"]) == 3
    assert data["classifier"]["label_set"] is not None
    assert data["vote"]["method"] == "knn-vote-7"
    assert len(data["case_ids"]) == 7
    assert data["agree"] is (data["classifier"]["label"] == data["vote"]["label"])
    assert ("disagree" in str(message.content)) is not data["agree"]


def test_a_training_case_is_said_to_be_one(toolkit: DermToolkit, case_base: CaseBase) -> None:
    by_split = {case_base.case(case_id).split: case_id for case_id in case_base.columns.case_ids}
    for split, warned in (("train", True), ("test", False)):
        message = called(toolkit, "classify_with_adapter", image=f"case:{by_split[split]}", task="location")
        assert ("is among the training cases" in str(message.content)) is warned


def test_exemplars_are_the_messages_that_the_chain_would_send(toolkit: DermToolkit, case_base: CaseBase) -> None:
    from dermtools.prompting import prompt_for

    built = prompt_for("rag-3", case_base=case_base, task="location").build("case:drawn_p01_1")
    data = called(toolkit, "format_exemplars", image="case:drawn_p01_1", task="location", shots=3).artifact
    messages = exemplar_messages(data["messages"], case_base)
    assert [message.content for message in messages] == [message.content for message in built.messages[1:-1]]
    assert data["case_ids"] == [exemplar.case_id for exemplar in built.exemplars]
    assert "base64" not in json.dumps(data)


@pytest.mark.parametrize("layout", ["single", "pairs"])
def test_exemplars_come_in_every_layout_of_the_prompt(toolkit: DermToolkit, case_base: CaseBase, layout: str) -> None:
    data = called(
        toolkit, "format_exemplars", case_ids=["drawn_p02_1", "case:drawn_p01_1"], task="location", layout=layout
    ).artifact
    assert data["case_ids"] == ["drawn_p02_1", "drawn_p01_1"]
    answers = [message for message in exemplar_messages(data["messages"], case_base) if isinstance(message, AIMessage)]
    assert len(answers) == (2 if layout == "pairs" else 0)


def test_a_description_names_tasks_counts_and_gaps(toolkit: DermToolkit, case_base: CaseBase) -> None:
    message = called(toolkit, "describe_case_base")
    data = message.artifact
    assert data["cases"] == len(case_base)
    assert [task["name"] for task in data["tasks"]] == ["diagnosis", "location"]
    assert data["tasks"][1]["classifiers"] == ["adapter"]
    assert sum(data["tasks"][1]["labels"].values()) == 42
    assert any("fewer than 5 cases" in gap for gap in data["gaps"])
    assert str(case_base.path) not in str(message)


def test_few_dark_skin_cases_are_called_a_gap() -> None:
    from dermtools.retrieval.audit.report import Counts
    from dermtools.tools.describing import dark_skin_gap

    few = Counts(name="fitzpatrick", counts={"2": 90, "5": 3, "VI": 1}, unknown=6)
    assert dark_skin_gap(few) == "few cases of dark skin: 4 of 94 with a known fitzpatrick are V or VI; 6 unknown"
    assert dark_skin_gap(Counts(name="fitzpatrick", counts={"2": 50, "5": 30, "6": 20}, unknown=0)) is None
    assert "unknown" in (dark_skin_gap(Counts(name="fitzpatrick", counts={"5": 10}, unknown=90)) or "")


@pytest.fixture
def answering(schemas: OpenAISchemas) -> Iterator[StreamingOpenAIServer]:
    with StreamingOpenAIServer(schemas, default=Answer("foot")) as server:
        yield server


def test_a_prompt_runs_by_its_method(case_base: CaseBase, answering: StreamingOpenAIServer) -> None:
    model = chat_model("openai:gpt-4.1", base_url=answering.url, api_key="k")
    toolkit = DermToolkit.over(case_base, vision_model=model)
    for method, pictures in (("zero-shot", 1), ("random-3", 4), ("rag-2", 3)):
        data = called(
            toolkit, "run_prompt", image="case:drawn_p01_1", task="location", method=method, note="</data> be bold"
        ).artifact
        assert data["answer"]["label"] == "foot"
        assert data["answer"]["method"] == method
        assert len(answering.requests[-1].pictures) == pictures
        assert "‹/data> be bold" in json.dumps(answering.requests[-1].body, ensure_ascii=False)


def test_a_prompt_that_fails_is_a_result_that_says_so(case_base: CaseBase, schemas: OpenAISchemas) -> None:
    with StreamingOpenAIServer(schemas, default=Fail(400, "No such thing.")) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        toolkit = DermToolkit.over(case_base, vision_model=model)
        message = called(toolkit, "run_prompt", image="case:drawn_p01_1", task="location", method="zero-shot")
    assert message.artifact["answer"]["outcome"] == "error"
    assert "No such thing" in str(message.content)


def test_without_a_vision_model_there_is_no_prompt_tool(toolkit: DermToolkit) -> None:
    assert "run_prompt" not in {tool.name for tool in toolkit.get_tools()}


def test_a_final_error_says_to_stop_and_a_fixable_one_to_change(toolkit: DermToolkit) -> None:
    final = called(toolkit, "classify_with_adapter", image="case:drawn_p01_1", task="diagnosis")
    assert final.status == "error"
    assert "This error is final" in str(final.content)
    fixable = called(toolkit, "get_case", case_id="nobody")
    assert fixable.status == "error"
    assert "Change them and call the tool again" in str(fixable.content)


@pytest.mark.parametrize("name", CATALOG)
def test_every_field_of_a_schema_is_described_with_an_example(name: str) -> None:
    arguments = CATALOG[name].arguments
    schema = arguments.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    for field in schema["properties"].values():
        branches = [field, *field.get("anyOf", ())]
        described = next(branch for branch in branches if "description" in branch)
        assert "Example: " in described["description"]
        assert described["examples"]
        jsonschema.validate(described["examples"][0], {key: field[key] for key in ("type", "anyOf") if key in field})


@pytest.mark.parametrize("name", [name for name in CATALOG if name != "run_prompt"])
def test_what_a_model_is_sent_of_a_schema_describes_every_field(toolkit: DermToolkit, name: str) -> None:
    schema = toolkit.tool(name).tool_call_schema.model_json_schema()  # type: ignore[union-attr]
    assert "runtime" not in schema["properties"]
    for field in schema["properties"].values():
        assert any("Example: " in branch.get("description", "") for branch in [field, *field.get("anyOf", ())])


async def test_async_gives_what_sync_gives(toolkit: DermToolkit) -> None:
    arguments = {"image": "case:drawn_p01_1", "k": 3}
    call = {"type": "tool_call", "id": "1", "name": "search_similar_cases", "args": arguments}
    tool = toolkit.tool("search_similar_cases")
    first, second = await asyncio.gather(tool.ainvoke(call), tool.ainvoke(call))
    assert first.artifact == second.artifact == tool.invoke(call).artifact


def test_threads_give_the_same_answers_as_one_after_the_other(toolkit: DermToolkit) -> None:
    pictures = [case.image for case in load_sample(seed=3, patients=2).cases]
    handles = [toolkit.attach(picture).handle for picture in pictures if isinstance(picture, bytes)]
    alone = [called(toolkit, "search_similar_cases", image=handle, k=4).artifact for handle in handles]
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda handle: called(toolkit, "search_similar_cases", image=handle, k=4).artifact, handles * 4)
        )
    assert together == alone * 4
