"""The agent's own graph: what LangGraph writes down, and what other graphs keep out of a trace by its middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver

from dermtools.agent import DermContext, DermToolkit, PictureMiddleware, create_derm_agent, human_message
from dermtools.images import data_url
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from dermtools.tools import Workspace
from tests.support.agent_replies import QUICK, final
from tests.support.langsmith_server import LangSmithServer, pictures_in
from tests.support.openai_replies import Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.patience import SAFETY_NET
from tests.support.streaming_server import StreamingOpenAIServer


def test_its_checkpoints_hold_no_picture_that_came_in_a_message(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    saver = InMemorySaver()
    block = {"type": "image_url", "image_url": {"url": data_url(drawn_jpeg)}}
    question = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where?"}, block]}]}
    with StreamingOpenAIServer(schemas, [final("foot")]) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        agent = create_derm_agent(model, case_base, checkpointer=saver, retry=QUICK, task="location")
        agent.graph.invoke(question, {"configurable": {"thread_id": "1"}}, context=DermContext())
        (sent,) = server.requests[0].pictures
    held = b"".join(_bytes_in([saver.storage, saver.blobs, saver.writes]))
    assert b"img_" in held
    assert pictures_in(held, [drawn_jpeg, sent]) == 0


def test_an_agent_of_ones_own_with_the_picture_middleware_is_traced_without_pictures(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    workspace, context = Workspace(case_base), DermContext()
    held = context.images.add(drawn_jpeg)
    with StreamingOpenAIServer(schemas, [Say("A foot.")]) as server, LangSmithServer() as langsmith:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        tools = DermToolkit(workspace=workspace, context=context).get_tools()
        middleware: Any = [PictureMiddleware(workspace)]
        agent = create_agent(model, tools, middleware=middleware, context_schema=DermContext)
        with langsmith.tracing():
            agent.invoke({"messages": [human_message("Where?", [held.handle])]}, context=context)
        (sent,) = server.requests[0].pictures
    assert "llm" in {run["run_type"] for run in langsmith.runs}
    assert pictures_in(langsmith.sent, [drawn_jpeg, sent]) == 0


@pytest.mark.parametrize("is_async", [False, True])
def test_it_is_private_inside_a_run_that_is_not(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, is_async: bool
) -> None:
    with StreamingOpenAIServer(schemas, [final("foot")]) as server, LangSmithServer() as langsmith:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        agent = create_derm_agent(model, case_base, retry=QUICK, task="location")

        async def later(text: str) -> str | None:
            return (await agent.aask(text, [drawn_jpeg])).label

        outer = RunnableLambda(lambda text: agent.ask(text, [drawn_jpeg]).label, later)
        with langsmith.tracing():
            label = asyncio.run(outer.ainvoke("Where?")) if is_async else outer.invoke("Where?")
        (sent,) = server.requests[0].pictures
    assert label == "foot"
    roots = [run["name"] for run in langsmith.runs if not run.get("parent_run_id")]
    assert len(roots) == 1, "the agent's run is below the other's, in one trace"
    assert pictures_in(langsmith.sent, [drawn_jpeg, sent]) == 0


def _bytes_in(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _bytes_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _bytes_in(one)
