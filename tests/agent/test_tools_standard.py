"""Every tool against LangChain's own suites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.tools import BaseTool

from dermtools.agent import DermToolkit, ImageGrants
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.langchain_suites import ToolsIntegrationTests, ToolsUnitTests
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

EXAMPLES: dict[str, dict[str, Any]] = {
    "search_similar_cases": {"image": "case:drawn_p01_1", "k": 2, "show_pictures": True},
    "classify_with_adapter": {"image": "case:drawn_p01_1", "task": "location"},
    "format_exemplars": {"task": "location", "case_ids": ["case:drawn_p01_1", "drawn_p02_1"]},
    "run_prompt": {"image": "case:drawn_p01_1", "task": "location", "method": "rag-2", "note": "on the beach"},
    "get_case": {"case_id": "case:drawn_p01_1", "show_picture": True},
    "view_pictures": {"handles": ["case:drawn_p01_1", "case:drawn_p02_1"]},
    "list_pictures": {"count": 2},
    "describe_case_base": {"task": "location"},
}


@pytest.fixture(scope="module")
def toolkit(
    case_base: CaseBase, schemas: OpenAISchemas, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DermToolkit]:
    """All tools, with a vision model on the loopback server, and a granted folder."""
    with StreamingOpenAIServer(schemas, default=Answer("foot")) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        grants = ImageGrants.allow(folders=[tmp_path_factory.mktemp("granted")])
        yield DermToolkit.over(case_base, vision_model=model, grants=grants)


class _Suite:
    name = ""

    @pytest.fixture(autouse=True)
    def _toolkit(self, toolkit: DermToolkit) -> None:
        type(self).tool = toolkit.tool(self.name)

    tool: BaseTool

    @property
    def tool_constructor(self) -> BaseTool:
        return self.tool

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return EXAMPLES[self.name]


def _suites() -> dict[str, type]:
    found = {}
    for name in EXAMPLES:
        for kind in (ToolsUnitTests, ToolsIntegrationTests):
            title = f"Test{name.title().replace('_', '')}{kind.__name__}"
            found[title] = type(title, (_Suite, kind), {"name": name})
    return found


globals().update(_suites())


def test_every_tool_is_among_the_examples(toolkit: DermToolkit) -> None:
    assert {tool.name for tool in toolkit.get_tools()} == set(EXAMPLES)
