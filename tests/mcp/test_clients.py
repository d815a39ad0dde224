"""The official client drives everything, over both transports and both eras of the protocol."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from mcp import Client
from mcp_types import (
    BlobResourceContents,
    CallToolResult,
    ImageContent,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)

from dermtools.agent import DermToolkit
from dermtools.images import data_url
from dermtools.prompting import chat_model, prompt_for
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG
from tests.support.mcp_processes import HttpServer, stdio
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

MODES = ("legacy", "2026-07-28")
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search_similar_cases", {"image": "case:drawn_p01_1", "k": 4}),
    ("search_similar_cases", {"image": "case:drawn_p01_1", "k": 3, "show_pictures": True, "where": "age > 20"}),
    ("classify_with_adapter", {"image": "case:drawn_p01_1", "task": "location", "top_k": 3}),
    ("format_exemplars", {"image": "case:drawn_p01_1", "task": "location", "shots": 3}),
    ("get_case", {"case_id": "case:drawn_p02_1", "show_picture": True}),
    ("view_pictures", {"handles": ["case:drawn_p02_1", "case:drawn_p01_1"]}),
    ("describe_case_base", {}),
)


def assert_equal(result: CallToolResult, message: ToolMessage) -> None:
    """A result over MCP says what the LangChain tool says: data, text, pictures."""
    assert not result.is_error
    assert message.status == "success"
    assert result.structured_content == (message.artifact if CATALOG[str(message.name)].structured else None)
    blocks = message.content if isinstance(message.content, list) else [{"type": "text", "text": message.content}]
    assert [block.text for block in result.content if isinstance(block, TextContent)] == [
        block["text"] for block in blocks if block["type"] == "text"
    ]
    assert [block.data for block in result.content if isinstance(block, ImageContent)] == [
        block["image_url"]["url"].partition(",")[2] for block in blocks if block["type"] == "image_url"
    ]


def called(toolkit: DermToolkit, name: str, arguments: dict[str, Any]) -> ToolMessage:
    message = toolkit.tool(name).invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


async def drive_everything(client: Client, toolkit: DermToolkit, photograph: bytes) -> None:
    await drive_tools(client, toolkit, photograph)
    await drive_resources(client, toolkit.workspace.case_base)
    await drive_prompts(client, toolkit.workspace.case_base)
    await drive_completion(client)


async def drive_tools(client: Client, toolkit: DermToolkit, photograph: bytes) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {tool.name for tool in toolkit.get_tools()} == {name for name, _ in CALLS}
    for tool in tools.values():
        assert tool.title
        assert bool(tool.output_schema) == CATALOG[tool.name].structured
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.annotations.idempotent_hint
    for name, arguments in CALLS:
        result = await client.call_tool(name, arguments)
        assert_equal(result, called(toolkit, name, arguments))
        assert {type(block) for block in result.content} <= {TextContent, ImageContent}
    # A picture by data URL, and by the handle that the first call gave it.
    first = await client.call_tool("search_similar_cases", {"image": data_url(photograph)})
    given = first.structured_content["query"]
    result = await client.call_tool("search_similar_cases", {"image": given, "k": 5})
    # Over HTTP a handle is a session's own; all the rest is the same.
    handle = toolkit.attach(photograph).handle
    result = CallToolResult.model_validate_json(result.model_dump_json().replace(given, handle))
    assert_equal(result, called(toolkit, "search_similar_cases", {"image": handle, "k": 5}))


async def drive_resources(client: Client, case_base: CaseBase) -> None:
    uris = [resource.uri for resource in (await client.list_resources()).resources]
    assert uris == ["dermtools://case-base"]
    described = await read_json(client, uris[0])
    assert described["cases"] == len(case_base)
    templates = {template.name: template for template in (await client.list_resource_templates()).resource_templates}
    assert set(templates) == {"case", "case-picture", "label"}
    uri = templates["case"].uri_template.replace("{case_id}", "drawn_p01_1")
    case = await read_json(client, uri)
    assert case["labels"] == {task: list(labels) for task, labels in case_base.case("drawn_p01_1").labels.items()}
    picture = (await client.read_resource(case["picture"])).contents[0]
    assert isinstance(picture, BlobResourceContents)
    assert base64.b64decode(picture.blob) == case_base.jpeg("drawn_p01_1")
    site = case["labels"]["location"][0]
    uri = templates["label"].uri_template.replace("{task}", "location").replace("{label}", site)
    listed = await read_json(client, uri)
    assert "drawn_p01_1" in [found["case_id"] for found in listed["cases"]]


async def read_json(client: Client, uri: str) -> Any:
    content = (await client.read_resource(uri)).contents[0]
    assert isinstance(content, TextResourceContents)
    return json.loads(content.text)


async def drive_prompts(client: Client, case_base: CaseBase) -> None:
    prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
    assert {
        "classify_location",
        "classify_diagnosis",
        "compare_with_similar_cases",
        "describe_picture",
        "work_with_the_case_base",
    } == set(prompts)
    for name, prompt in prompts.items():
        values = {"image": "case:drawn_p01_1", "task": "location", "method": "rag-2", "note": "itches"}
        given = {argument.name: values[argument.name] for argument in prompt.arguments or ()}
        result = await client.get_prompt(name, given)
        pictures = [m.content for m in result.messages if isinstance(m.content, ImageContent)]
        expected = 0 if "image" not in given else 3 if "method" in given else 1
        assert len(pictures) == expected
        assert any(isinstance(message.content, TextContent) for message in result.messages)
    result = await client.get_prompt("classify_location", {"image": "case:drawn_p01_1", "method": "zero-shot"})
    built = prompt_for("zero-shot", case_base=case_base, task="location").build("case:drawn_p01_1")
    assert isinstance(result.messages[0].content, TextContent)
    assert result.messages[0].content.text == built.messages[0].content


async def drive_completion(client: Client) -> None:
    case = ResourceTemplateReference(uri="dermtools://cases/{case_id}")
    found = (await client.complete(case, {"name": "case_id", "value": "drawn_p01"})).completion.values
    assert found
    assert all(value.startswith("drawn_p01") for value in found)
    label = ResourceTemplateReference(uri="dermtools://tasks/{task}/labels/{label}")
    found = (
        await client.complete(label, {"name": "label", "value": "fo"}, context_arguments={"task": "location"})
    ).completion.values
    assert found[0].startswith("fo")
    prompt = PromptReference(name="compare_with_similar_cases")
    assert (await client.complete(prompt, {"name": "task", "value": "loc"})).completion.values == ["location"]


@pytest.mark.parametrize("mode", MODES)
async def test_over_stdio_everything_is_what_the_toolkit_gives(
    toolkit: DermToolkit, drawn_jpeg: bytes, mode: str
) -> None:
    async with stdio(toolkit.workspace.case_base.path, mode=mode) as client:
        await drive_everything(client, toolkit, drawn_jpeg)


@pytest.mark.parametrize("mode", MODES)
async def test_over_http_everything_is_what_the_toolkit_gives(
    web: HttpServer, toolkit: DermToolkit, drawn_jpeg: bytes, mode: str
) -> None:
    async with web.client(mode=mode) as client:
        await drive_everything(client, toolkit, drawn_jpeg)


async def test_a_model_adds_the_tool_that_asks_it(case_base: CaseBase, schemas: OpenAISchemas) -> None:
    arguments = {"image": "case:drawn_p01_1", "task": "location", "method": "rag-2"}
    with StreamingOpenAIServer(schemas, default=Answer("foot")) as openai:
        model = chat_model("openai:gpt-4.1", base_url=openai.url, api_key="k")
        toolkit = DermToolkit.over(case_base, vision_model=model)
        environment = {"OPENAI_BASE_URL": openai.url, "OPENAI_API_KEY": "k"}
        async with stdio(case_base.path, "--model", "openai:gpt-4.1", **environment) as client:
            tool = next(tool for tool in (await client.list_tools()).tools if tool.name == "run_prompt")
            assert tool.annotations is not None
            assert tool.annotations.open_world_hint
            assert not tool.annotations.idempotent_hint
            result = await client.call_tool("run_prompt", arguments)
        assert_equal(result, called(toolkit, "run_prompt", arguments))
        assert result.structured_content["answer"]["label"] == "foot"


async def test_pictures_are_read_below_granted_folders_only(
    case_base: CaseBase, drawn_jpeg: bytes, tmp_path: Path
) -> None:
    granted, other = tmp_path / "granted", tmp_path / "other"
    for folder in (granted, other):
        folder.mkdir()
        (folder / "photo.jpg").write_bytes(drawn_jpeg)
    async with stdio(case_base.path, "--allow", str(granted)) as client:
        for reference in (str(granted / "photo.jpg"), "photo.jpg"):
            result = await client.call_tool("search_similar_cases", {"image": reference})
            assert not result.is_error
        for reference in (str(other / "photo.jpg"), "../other/photo.jpg", "/etc/passwd"):
            result = await client.call_tool("search_similar_cases", {"image": reference})
            assert result.is_error
            assert isinstance(result.content[0], TextContent)
            assert "not allowed" in result.content[0].text
