"""The agent's own graph: what LangGraph writes down, and what other graphs keep out of a trace by its middleware."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from dermtools.agent import (
    DermContext,
    DermToolkit,
    PictureMiddleware,
    PrivateGraph,
    create_derm_agent,
    human_message,
)
from dermtools.errors import QueryError
from dermtools.images import data_url
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from dermtools.tools import Workspace
from tests.support.agent_replies import QUICK, call, final, handle_in
from tests.support.langsmith_server import LangSmithServer, pictures_in
from tests.support.openai_replies import Reply, Say
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


BLOCKS: dict[str, Any] = {
    "agent chat ui": {"type": "image", "mimeType": "image/jpeg", "metadata": {"name": "x.jpg"}},
    "file": {"type": "file", "mimeType": "image/jpeg"},
}


def script(_: str, body: dict[str, Any]) -> Reply:
    """Searches for the attached picture, and says so."""
    if body["messages"][-1]["role"] == "tool":
        return Say("Seen.")
    return call("search_similar_cases", image=handle_in(body), k=2)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("form", BLOCKS)
@pytest.mark.parametrize("context", [None, {"images": {}}])
def test_a_run_without_a_context_leaves_no_picture_in_a_checkpoint_and_has_it_on_the_next_turn(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, context: Any, form: str, is_async: bool
) -> None:
    saver, store = InMemorySaver(), InMemoryStore()
    config: Any = {"configurable": {"thread_id": "1"}}
    block = {**BLOCKS[form], "data": base64.b64encode(drawn_jpeg).decode()}

    with StreamingOpenAIServer(schemas, script) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        states: list[Any] = []
        for content in ([{"type": "text", "text": "Similar?"}, block], "And again?"):
            # As a server does: another process, which adds its store and checkpointer.
            agent = create_derm_agent(model, case_base, retry=QUICK)
            graph = agent.graph.copy(update={"checkpointer": saver, "store": store})
            question = {"messages": [{"type": "human", "content": content}]}
            run = graph.ainvoke if is_async else graph.invoke
            state: Any = run(question, config, context=context)
            states.append(asyncio.run(state) if is_async else state)
        shown = [len(request.pictures) for request in server.requests]
        (sent,) = server.requests[-1].pictures
    results = [one for one in states[1]["messages"] if one.type == "tool"]
    assert shown == [1, 1, 1, 1]
    assert results[0].content == results[1].content
    assert results[0].status == "success"
    held = b"".join(_bytes_in([saver.storage, saver.blobs, saver.writes]))
    assert b"img_" in held
    assert pictures_in(held, [drawn_jpeg, sent]) == 0
    assert b"\xff\xd8\xff" not in held


def test_updates_of_a_state_leave_no_picture_in_a_checkpoint(case_base: CaseBase, drawn_jpeg: bytes) -> None:
    saver, store = InMemorySaver(), InMemoryStore()
    model = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", api_key="k")
    graph = create_derm_agent(model, case_base).graph.copy(update={"checkpointer": saver, "store": store})
    block = {**BLOCKS["agent chat ui"], "data": base64.b64encode(drawn_jpeg).decode()}
    values = {"messages": [{"role": "user", "content": [block]}]}
    graph.update_state({"configurable": {"thread_id": "1"}}, values)
    asyncio.run(graph.aupdate_state({"configurable": {"thread_id": "2"}}, values))
    held = b"".join(_bytes_in([saver.storage, saver.blobs, saver.writes]))
    assert b"img_" in held
    assert pictures_in(held, [drawn_jpeg]) == 0


def test_a_context_that_is_none_ends_the_run_with_one_line(case_base: CaseBase) -> None:
    model = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", api_key="k")
    with pytest.raises(QueryError, match="takes where and hidden_groups, not 'user'"):
        create_derm_agent(model, case_base).graph.invoke({"messages": []}, context={"user": "ann"})


def test_a_graph_of_ones_own_keeps_pictures_by_thread_without_a_context(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    saver, workspace = InMemorySaver(), Workspace(case_base)
    config: Any = {"configurable": {"thread_id": "1"}}
    block = {**BLOCKS["agent chat ui"], "data": base64.b64encode(drawn_jpeg).decode()}

    with StreamingOpenAIServer(schemas, script) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        tools = DermToolkit(workspace=workspace, context=DermContext()).get_tools()
        middleware: Any = [PictureMiddleware(workspace)]
        own = create_agent(model, tools, middleware=middleware, checkpointer=saver)
        PrivateGraph.of(own, workspace).invoke({"messages": [{"role": "user", "content": [block]}]}, config)
        state = own.invoke({"messages": [{"role": "user", "content": "And again?"}]}, config)
    assert [one.status for one in state["messages"] if one.type == "tool"] == ["success", "success"]
    held = b"".join(_bytes_in([saver.storage, saver.blobs, saver.writes]))
    assert pictures_in(held, [drawn_jpeg]) == 0


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
