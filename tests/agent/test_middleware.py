"""Pictures in requests and out of the state, in LangChain's plain agent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from dermtools.agent import DermContext, DermToolkit, PictureMiddleware, human_message
from dermtools.images import data_url
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import call, handle_in
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


def plain_agent(server: StreamingOpenAIServer, case_base: CaseBase, **options: Any) -> tuple[Any, DermToolkit]:
    toolkit = DermToolkit.over(case_base)
    model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
    show = options.pop("show_attached", True)
    shown = options.pop("max_shown", 24)
    tools = [*toolkit.get_tools(), *options.pop("tools", ())]
    middleware = [PictureMiddleware(toolkit.workspace, show_attached=show, max_shown=shown)]
    return create_agent(model, tools, middleware=middleware, **options), toolkit


def forms(jpeg: bytes) -> dict[str, dict[str, Any]]:
    text = base64.b64encode(jpeg).decode()
    return {
        "openai": {"type": "image_url", "image_url": {"url": data_url(jpeg)}},
        "openai, short": {"type": "image_url", "image_url": data_url(jpeg)},
        "standard": {"type": "image", "base64": text, "mime_type": "image/jpeg"},
        "standard, url": {"type": "image", "url": data_url(jpeg)},
        "earlier standard": {"type": "image", "source_type": "base64", "data": text, "mime_type": "image/jpeg"},
    }


@pytest.mark.parametrize("form", forms(b""))
def test_a_picture_in_a_message_gets_a_handle_and_leaves_the_state(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, form: str
) -> None:
    def script(_: str, request: dict[str, Any]) -> Reply:
        searched = "similar to the query" in json.dumps(request)
        return Say("Seen.") if searched else call("search_similar_cases", image=handle_in(request), k=2)

    context = DermContext()
    with StreamingOpenAIServer(schemas, script) as server:
        agent, _ = plain_agent(server, case_base, context_schema=DermContext)
        question = HumanMessage([{"type": "text", "text": "What?"}, forms(drawn_jpeg)[form]])
        state = agent.invoke({"messages": [question]}, context=context)
        assert [len(request.pictures) for request in server.requests] == [1, 1]
    assert len(context.images) == 1
    assert "base64" not in str(state["messages"])
    assert state["messages"][-1].text == "Seen."


@pytest.mark.parametrize("url", ["https://images.test/x.jpg", "file:///etc/passwd", "/etc/passwd", "data:,x", 7, None])
def test_a_message_is_no_way_around_the_grants(schemas: OpenAISchemas, case_base: CaseBase, url: Any) -> None:
    context = DermContext()
    with StreamingOpenAIServer(schemas, [Say("No.")]) as server:
        agent, _ = plain_agent(server, case_base, context_schema=DermContext)
        agent.invoke({"messages": [HumanMessage([{"type": "image_url", "image_url": {"url": url}}])]}, context=context)
        assert "cannot be used" in json.dumps(server.requests[0].body)
        assert not server.requests[0].pictures
    assert not len(context.images)


@tool
def bare_snapshot() -> list[dict[str, Any]]:
    """Give a picture without a word."""
    return [forms(PICTURE[0])["openai"]]


@tool
def snapshot() -> list[dict[str, Any]]:
    """Give a picture in a tool's content, as other tools do."""
    return [{"type": "text", "text": "here it is"}, forms(PICTURE[0])["standard"]]


PICTURE: list[bytes] = []


def test_pictures_of_any_tool_go_beside_the_tool_messages(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    """Without a context, too: the strict server refuses pictures inside tool messages."""
    PICTURE[:] = [drawn_jpeg]
    both = Call(
        (("snapshot", {}), ("bare_snapshot", {}), ("get_case", {"case_id": "case:drawn_p01_1", "show_picture": True}))
    )
    extra: list[BaseTool] = [snapshot, bare_snapshot]
    with StreamingOpenAIServer(schemas, [both, Say("Two.")]) as server:
        agent, _ = plain_agent(server, case_base, tools=extra)
        agent.invoke({"messages": [HumanMessage("Show me.")]})
        assert [request.refused for request in server.requests] == [None, None]
        assert len(server.requests[1].pictures) == 3
        assert [message["role"] for message in server.requests[1].messages][-4:] == ["tool", "tool", "tool", "user"]


def test_without_the_middleware_tools_give_text_that_every_provider_takes(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    show = call("search_similar_cases", image="case:drawn_p01_1", k=2, show_pictures=True)
    with StreamingOpenAIServer(schemas, [show, Say("Two.")]) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        state = create_agent(model, DermToolkit.over(case_base).get_tools()).invoke({"messages": [("user", "Show.")]})
        assert [request.refused for request in server.requests] == [None, None]
        assert not server.requests[1].pictures
    assert state["messages"][-1].text == "Two."


def test_a_graph_of_ones_own_shows_the_model_what_its_tools_name(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    show = call("get_case", case_id="case:drawn_p01_1", show_picture=True)
    toolkit = DermToolkit.over(case_base)
    pictures = PictureMiddleware(toolkit.workspace)
    with StreamingOpenAIServer(schemas, [show, Say("One.")]) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k").bind_tools(toolkit.get_tools())

        def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [model.invoke(pictures.shown(state["messages"], model))]}

        graph = StateGraph(MessagesState).add_node("ask", ask).add_node("tools", ToolNode(toolkit.get_tools()))
        graph.add_edge(START, "ask").add_conditional_edges("ask", tools_condition).add_edge("tools", "ask")
        state = graph.compile().invoke({"messages": [HumanMessage("Show it.")]})
        assert [request.refused for request in server.requests] == [None, None]
        assert [len(request.pictures) for request in server.requests] == [0, 1]
    assert state["messages"][-1].text == "One."


def test_only_the_newest_pictures_are_shown(schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes) -> None:
    context = DermContext()
    handles = [context.images.add(case_base.jpeg(f"drawn_p0{n}_1")).handle for n in range(1, 6)]
    with StreamingOpenAIServer(schemas, default=Say("Yes.")) as server:
        agent, _ = plain_agent(server, case_base, max_shown=3, context_schema=DermContext)
        agent.invoke({"messages": [human_message("These.", handles)]}, context=context)
        request = server.requests[0]
    assert len(request.pictures) == 3
    assert json.dumps(request.body).count("shown before") == 2


def test_a_model_of_text_only_gets_handles_and_no_pictures(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    context = DermContext()
    handle = context.images.add(drawn_jpeg).handle
    with StreamingOpenAIServer(schemas, [Say("Ok.")]) as server:
        agent, _ = plain_agent(server, case_base, show_attached=False, context_schema=DermContext)
        agent.invoke({"messages": [human_message("This.", [handle])]}, context=context)
        assert not server.requests[0].pictures
        assert f"{handle}: not shown to you" in json.dumps(server.requests[0].body)


def test_no_checkpoint_of_a_message_with_handles_holds_a_picture(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    context, saver = DermContext(), InMemorySaver()
    handle = context.images.add(drawn_jpeg).handle
    show = call("search_similar_cases", image=handle, k=5, show_pictures=True)
    with StreamingOpenAIServer(schemas, [show, Say("Ok.")]) as server:
        agent, _ = plain_agent(server, case_base, context_schema=DermContext, checkpointer=saver)
        config = {"configurable": {"thread_id": "t"}}
        agent.invoke({"messages": [human_message("This.", [handle])]}, config, context=context)
        assert len(server.requests[1].pictures) == 6
    kept = b"".join(value for _, value in saver.blobs.values() if value)
    assert handle.encode() in kept
    assert len(kept) < 40_000
    assert b"base64" not in kept
