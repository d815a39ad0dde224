"""The schemas of the tools as every converter sends them: flat, described, and true of the place where they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from pydantic import SecretStr

from dermtools.agent import DermToolkit
from dermtools.mcp import host_files
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import list_tools
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG, ImageGrants
from dermtools.tools.schemas import Offer, input_schema

Tools = dict[str, dict[str, Any]]
"""Name of a tool to the JSON Schema of its arguments."""
ALL = Offer(("diagnosis", "location"), ImageGrants(), with_model=True)


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> ImageGrants:
    folder = tmp_path_factory.mktemp("operator") / "Downloads"
    folder.mkdir()
    return ImageGrants.allow(folders=[folder], data_urls=True, hosts=["images.example.org"])


@pytest.fixture(scope="module")
def offered(case_base: CaseBase, grants: ImageGrants) -> DermToolkit:
    return DermToolkit.over(case_base, grants=grants, vision_model=FakeListChatModel(responses=["foot"]))


def _functions(model: BaseChatModel, toolkit: DermToolkit, **options: Any) -> Tools:
    bound = model.bind_tools(toolkit.get_tools(), **options)
    functions = [tool["function"] for tool in bound.kwargs["tools"]]  # type: ignore[attr-defined]
    return {function["name"]: function["parameters"] for function in functions}


def _openai(toolkit: DermToolkit, *, strict: bool = False) -> Tools:
    from langchain_openai import ChatOpenAI

    return _functions(ChatOpenAI(model="gpt-4.1", api_key=SecretStr("k")), toolkit, strict=strict)


def _strict(toolkit: DermToolkit) -> Tools:
    return _openai(toolkit, strict=True)


def _anthropic(toolkit: DermToolkit) -> Tools:
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(model_name="claude-sonnet-4-5", api_key=SecretStr("k"), timeout=None, stop=None)
    tools = model.bind_tools(toolkit.get_tools()).kwargs["tools"]  # type: ignore[attr-defined]
    return {tool["name"]: tool["input_schema"] for tool in tools}


def _ollama(toolkit: DermToolkit) -> Tools:
    """As the client of Ollama writes it, which keeps only what its own types know."""
    from langchain_ollama import ChatOllama
    from ollama import Tool

    bound = ChatOllama(model="m").bind_tools(toolkit.get_tools())
    tools = [Tool.model_validate(tool) for tool in bound.kwargs["tools"]]  # type: ignore[attr-defined]
    functions = [tool.model_dump(exclude_none=True)["function"] for tool in tools]
    return {function["name"]: function["parameters"] for function in functions}


def _mistral(toolkit: DermToolkit) -> Tools:
    from langchain_mistralai import ChatMistralAI

    return _functions(ChatMistralAI(model_name="m", api_key=SecretStr("k")), toolkit)


def _gemini(toolkit: DermToolkit) -> Tools:
    from langchain_google_genai._function_utils import convert_to_genai_function_declarations, tool_to_dict

    declared = tool_to_dict(convert_to_genai_function_declarations(toolkit.get_tools()))["function_declarations"]
    return {function["name"]: _in_words(function["parameters"]) for function in declared}  # type: ignore[index, call-overload]


def _in_words(schema: Any) -> Any:
    """Gemini's numbers for types, as JSON Schema names them."""
    from google.ai.generativelanguage import Type

    if isinstance(schema, dict):
        return {
            key.rstrip("_"): Type(value).name.lower() if key == "type_" else _in_words(value)
            for key, value in schema.items()
        }
    return schema


@pytest.mark.parametrize("sent", [_openai, _strict, _anthropic, _gemini, _ollama, _mistral])
def test_every_argument_goes_out_with_a_type_and_a_description(
    offered: DermToolkit, sent: Callable[[DermToolkit], Tools]
) -> None:
    tools = sent(offered)
    assert list(tools) == [tool.name for tool in offered.get_tools()]
    for name, schema in tools.items():
        own = input_schema(CATALOG[name], offered.workspace.offer)
        assert set(schema["properties"]) == set(own["properties"])
        assert set(schema.get("required", ())) >= set(own.get("required", ()))
        for argument, field in schema["properties"].items():
            expected = own["properties"][argument]
            assert field["description"] == expected["description"], (name, argument)
            assert field["type"] == expected["type"], (name, argument)
            assert (field.get("enum") or None) == expected.get("enum"), (name, argument)


@pytest.mark.parametrize("schema", [_openai, _strict])
def test_nothing_is_sent_that_a_strict_mode_refuses(
    offered: DermToolkit, schema: Callable[[DermToolkit], Tools]
) -> None:
    for tool in schema(offered).values():
        for one in _schemas(tool):
            assert not set(one) & {"anyOf", "oneOf", "allOf", "$ref", "$defs", "const", "default", "title", "examples"}
            assert not set(one) & {"minLength", "maxLength", "pattern", "maxItems", "minItems"}
            assert isinstance(one["type"], str)


def test_all_tools_together_stay_below_their_share_of_a_prompt(offered: DermToolkit) -> None:
    """As OpenAI's client writes them. With o200k_base a token of this JSON is 4.2 characters; 3.9 is the safe side."""
    from langchain_openai import ChatOpenAI

    bound = ChatOpenAI(model="gpt-4.1", api_key=SecretStr("k")).bind_tools(offered.get_tools())
    tools = bound.kwargs["tools"]  # type: ignore[attr-defined]
    assert len(tools) == len(CATALOG)
    assert len(json.dumps(tools, separators=(",", ":"))) / 3.9 < 1500


def test_a_strict_call_has_to_give_everything_and_may_give_nothing_of_note(offered: DermToolkit) -> None:
    schema = _strict(offered)["search_similar_cases"]
    assert schema["required"] == list(schema["properties"])
    call = {"image": "case:drawn_p01_1", "text": "", "k": 2, "where": " ", "max_per_group": 1, "show_pictures": False}
    jsonschema.validate(call, schema)
    plain = offered.tool("search_similar_cases").invoke({"image": "case:drawn_p01_1", "k": 2})
    assert offered.tool("search_similar_cases").invoke(call) == plain
    assert offered.tool("search_similar_cases").invoke({**call, "text": None, "where": None}) == plain


def test_schemas_over_mcp_are_those_of_the_toolkit(
    case_base: CaseBase, grants: ImageGrants, offered: DermToolkit
) -> None:
    served = ServedCaseBase(case_base.path, grants=grants, model="openai:gpt-4.1")
    listed = {tool.name: tool.input_schema for tool in list_tools(served)}
    del listed[host_files.NAME]  # the server's own, where pictures may be fetched
    assert listed == {name: input_schema(spec, offered.workspace.offer) for name, spec in CATALOG.items()}
    for schema in listed.values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
        assert all(isinstance(one["type"], str) and "title" not in one for one in _schemas(schema))


def test_tasks_are_those_of_the_case_base(offered: DermToolkit) -> None:
    tools = _openai(offered)
    assert tools["classify_with_adapter"]["properties"]["task"]["enum"] == ["diagnosis", "location"]
    assert tools["describe_case_base"]["properties"]["task"]["enum"] == ["all", "diagnosis", "location"]


def test_a_case_base_without_tasks_has_no_enum_of_nothing() -> None:
    schema = input_schema(CATALOG["classify_with_adapter"], Offer((), ImageGrants(), with_model=False))
    assert schema["properties"]["task"] == {"type": "string", "description": "The task."}


def test_a_task_that_is_not_there_is_answered_with_those_that_are(offered: DermToolkit) -> None:
    message = offered.tool("classify_with_adapter").invoke({"image": "case:drawn_p01_1", "task": "infection"})
    assert "diagnosis" in message
    assert "location" in message


def test_what_may_be_given_as_a_picture_is_what_is_granted(grants: ImageGrants) -> None:
    def told(allowed: ImageGrants) -> str:
        schema = input_schema(CATALOG["search_similar_cases"], Offer((), allowed, with_model=False))
        return str(schema["properties"]["image"]["description"])

    assert "case:ID" in told(grants)
    for word in ("Downloads", "data:", "https://images.example.org"):
        assert word in told(grants)
        assert word not in told(ImageGrants())
    assert str(grants.folders[0].root.parent) not in told(grants)


@pytest.mark.parametrize("name", CATALOG)
def test_every_example_in_the_words_is_a_valid_argument(name: str) -> None:
    for argument, field in input_schema(CATALOG[name], ALL)["properties"].items():
        if field["type"] in ("string", "array") and "enum" not in field:
            example = field["description"].partition("xample: ")[2] or field["description"].partition("default: ")[2]
            assert example, (name, argument)
            value = json.loads(example) if field["type"] == "array" else example
            CATALOG[name].arguments.__pydantic_validator__.validate_assignment(
                CATALOG[name].arguments.model_construct(), argument, value
            )


def test_no_example_is_of_a_published_collection(photographs: Path) -> None:
    words = json.dumps([input_schema(spec, ALL) for spec in CATALOG.values()])
    named = re.findall(r"(?:case:|img_)(\w+)", words)
    assert len(set(named)) >= 3
    assert not [name for name in named if name in photographs.read_text()]


def _schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for field in schema.get("properties", {}).values():
        yield from _schemas(field)
    if "items" in schema:
        yield from _schemas(schema["items"])
