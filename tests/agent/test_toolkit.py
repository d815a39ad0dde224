"""The toolkit outside an agent: content, artifact, pictures, errors; sync and async."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from PIL import Image

from dermtools.agent import DermToolkit
from dermtools.cases.sources.sample import load_sample
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG, search_similar_cases
from dermtools.tools.arguments import SearchArguments


@pytest.fixture
def toolkit(case_base: CaseBase) -> DermToolkit:
    return DermToolkit.over(case_base)


def called(toolkit: DermToolkit, name: str, **arguments: Any) -> ToolMessage:
    message = toolkit.tool(name).invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


def test_a_tool_gives_what_its_plain_function_gives(toolkit: DermToolkit, drawn_jpeg: bytes) -> None:
    handle = toolkit.attach(drawn_jpeg).handle
    message = called(toolkit, "search_similar_cases", image=handle, k=3)
    result = search_similar_cases(toolkit.workspace, SearchArguments(image=handle, k=3), toolkit.context)
    assert message.content == result.text
    assert message.artifact == result.artifact
    assert json.loads(json.dumps(message.artifact)) == message.artifact


def test_pictures_are_named_and_not_given(toolkit: DermToolkit) -> None:
    message = called(toolkit, "search_similar_cases", image="case:drawn_p01_1", k=4, show_pictures=True)
    assert isinstance(message.content, str)
    assert len(message.artifact["pictures"]) == 4


def test_pictures_come_as_content_where_asked_for_small_and_without_metadata(case_base: CaseBase) -> None:
    toolkit = DermToolkit.over(case_base, pictures="content")
    message = called(toolkit, "search_similar_cases", image="case:drawn_p01_1", k=4, show_pictures=True)
    blocks = [block for block in message.content if isinstance(block, dict) and block["type"] == "image_url"]
    assert len(blocks) == len(message.artifact["pictures"]) == 4
    encoded = [base64.b64decode(block["image_url"]["url"].partition(",")[2]) for block in blocks]
    assert sum(map(len, encoded)) <= 600_000
    for jpeg in encoded:
        with Image.open(io.BytesIO(jpeg)) as image:
            assert max(image.size) <= 384
            assert not image.getexif()


def test_without_a_vision_model_there_is_no_prompt_tool(toolkit: DermToolkit) -> None:
    assert "run_prompt" not in {tool.name for tool in toolkit.get_tools()}


def test_a_final_error_says_to_stop_and_a_fixable_one_to_change(toolkit: DermToolkit) -> None:
    final = called(toolkit, "classify_with_adapter", image="case:drawn_p01_1", task="diagnosis")
    assert final.status == "error"
    assert "This error is final" in str(final.content)
    fixable = called(toolkit, "get_case", case_id="nobody")
    assert fixable.status == "error"
    assert "Change them and call the tool again" in str(fixable.content)


@pytest.mark.parametrize("name", [name for name in CATALOG if name not in ("run_prompt", "list_pictures")])
def test_what_a_model_is_sent_of_a_schema_describes_every_field(toolkit: DermToolkit, name: str) -> None:
    schema = toolkit.tool(name).tool_call_schema.model_json_schema()  # type: ignore[union-attr]
    assert "runtime" not in schema["properties"]
    for field in schema["properties"].values():
        assert field["description"]
        assert isinstance(field["type"], str)


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


def test_a_tool_is_written_down_by_its_name_alone(toolkit: DermToolkit) -> None:
    """LangChain does so while other threads use the tool, whose fields change as they are first asked for."""
    assert repr(toolkit.tool("get_case")) == "DermTool(name='get_case')"
