"""Conversations with LangChain's own middleware: runs that wait for a person, and states that are written anew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    ContextEditingMiddleware,
    HumanInTheLoopMiddleware,
    LLMToolSelectorMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolRetryMiddleware,
)
from langchain.agents.middleware.context_editing import ClearToolUsesEdit
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import interrupt

from dermtools.agent import (
    AgentAnswer,
    Conversation,
    Event,
    Finished,
    Interrupted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    create_derm_agent,
)
from dermtools.errors import QueryError
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer

GATED: dict[str, Any] = {"search_similar_cases": True}
SEARCH = call("search_similar_cases", image="case:drawn_p01_1", k=2)


def model_at(server: StreamingOpenAIServer) -> BaseChatModel:
    return chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")


def talk(server: StreamingOpenAIServer, case_base: CaseBase, *middleware: Any, **options: Any) -> Conversation:
    model = model_at(server)
    return create_derm_agent(model, case_base, middleware=middleware, retry=QUICK, **options).conversation()


def gated(server: StreamingOpenAIServer, case_base: CaseBase, mode: Any = "batched", **options: Any) -> Conversation:
    review = HumanInTheLoopMiddleware(GATED, interrupt_mode=mode)
    return talk(server, case_base, review, **{"checkpointer": InMemorySaver(), **options})


def kinds(events: list[Event]) -> list[str]:
    names = [type(event).__name__ for event in events]
    return [name for place, name in enumerate(names) if place == 0 or name != names[place - 1]]


@pytest.mark.parametrize("mode", ["batched", "per_call"])
def test_a_run_waits_for_a_person_and_goes_on_with_the_decision(
    schemas: OpenAISchemas, case_base: CaseBase, mode: str
) -> None:
    look = call("get_case", case_id="case:drawn_p02_1")
    with StreamingOpenAIServer(schemas, [look, SEARCH, Say("Like case:drawn_p02_1.")]) as server:
        conversation = gated(server, case_base, mode)
        asked = list(conversation.stream("What is alike?"))
        assert kinds(asked) == ["ToolStarted", "ToolFinished", "ToolStarted", "Interrupted", "Finished"]
        waiting = next(event for event in asked if isinstance(event, Interrupted)).waiting
        [action] = [action for one in waiting for action in one.actions]
        assert (action.name, action.arguments) == ("search_similar_cases", {"image": "case:drawn_p01_1", "k": 2})
        assert action.decisions == ["approve", "edit", "reject", "respond"]
        resumed = list(conversation.stream_resume(["approve"]))
        assert kinds(resumed) == ["ToolFinished", "TextDelta", "Finished"]
        assert not [request.refused for request in server.requests if request.refused]
    answer = _last(resumed)
    # What came before the decision is part of the answer, too.
    assert [use.name for use in answer.tools] == ["get_case", "search_similar_cases"]
    assert (answer.looked_up, answer.cited, answer.waiting, answer.stopped) == (True, ["drawn_p02_1"], [], None)


def _last(events: list[Event]) -> AgentAnswer:
    [finished] = [event for event in events if isinstance(event, Finished)]
    return finished.answer


def test_an_answer_that_waits_says_so_and_is_plain_data(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with StreamingOpenAIServer(schemas, [SEARCH, final("foot", "drawn_p02_1")]) as server:
        conversation = gated(server, case_base, task="location")
        answer = conversation.ask("Which?")
        assert (answer.label, answer.looked_up, answer.tools) == (None, False, [])
        assert answer.stopped == "waits for a decision on search_similar_cases; go on with Conversation.resume"
        assert AgentAnswer.model_validate_json(answer.model_dump_json()) == answer
        while answer.waiting:
            answer = conversation.resume([{"type": "reject", "message": "Not now."}])
        assert "Not now." in json.dumps(server.requests[-1].body)
    assert (answer.label, answer.looked_up, [use.succeeded for use in answer.tools]) == ("foot", False, [False])


async def test_several_calls_are_decided_on_at_once_and_asynchronously(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    other = {"type": "edit", "edited_action": {"name": "search_similar_cases", "args": {"image": "case:drawn_p03_1"}}}
    two = Call((("search_similar_cases", {"image": "case:drawn_p01_1"}), ("search_similar_cases", {"text": "x"})))
    with StreamingOpenAIServer(schemas, [two, Say("Done.")]) as server:
        conversation = gated(server, case_base)
        assert len((await conversation.aask("Both?")).waiting[0].actions) == 2
        with pytest.raises(QueryError, match="2 decisions wanted, not 1"):
            await conversation.aresume(["approve"])
        with pytest.raises(QueryError, match=r"waits for a decision on search_similar_cases, search_similar_cases"):
            await conversation.aask("And something else?")
        answer = await conversation.aresume(["approve", other])
    assert answer.text == "Done."
    assert [use.succeeded for use in answer.tools] == [True, True]
    assert await conversation.awaiting() == []


def test_a_run_that_waits_goes_on_in_another_process_of_the_program(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    look = call("get_case", case_id="case:drawn_p02_1")
    with StreamingOpenAIServer(schemas, [Say("Hello."), look, SEARCH, Say("As case:drawn_p02_1.")]) as server:
        first = gated(server, case_base)
        first.ask("Hello?")
        first.ask("What is alike?")
        again = Conversation(first.agent, thread_id=first.thread_id)
        assert [action.name for one in again.waiting() for action in one.actions] == ["search_similar_cases"]
        answer = again.resume(["approve"])
    assert [use.name for use in answer.tools] == ["get_case", "search_similar_cases"]
    assert answer.cited == ["drawn_p02_1"]
    assert again.waiting() == []


def test_without_a_checkpointer_a_run_cannot_wait(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with StreamingOpenAIServer(schemas, [SEARCH, Say("Hello.")]) as server:
        conversation = gated(server, case_base, checkpointer=None)
        with pytest.raises(QueryError, match=r"without a checkpointer it cannot go on; .*InMemorySaver"):
            conversation.ask("What is alike?")
        with pytest.raises(QueryError, match="nothing waits for a decision"):
            conversation.resume(["approve"])
        # The call that nobody decided on is no part of the conversation.
        review = conversation.ask("Hello?")
        assert not [request.refused for request in server.requests if request.refused]
    assert review.text == "Hello."


def test_a_run_that_went_on_is_stopped_at_its_limit_and_says_so(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    look = call("get_case", case_id="case:drawn_p02_1")
    with StreamingOpenAIServer(schemas, [look, SEARCH], default=look) as server:
        conversation = gated(server, case_base, max_model_calls=3)
        assert conversation.ask("What is alike?").waiting
        answer = conversation.resume(["approve"])
    assert answer.stopped == "stopped after 3 calls of the model without an answer"
    assert answer.text == ""
    assert answer.looked_up


@tool
def which_eye() -> str:
    """Ask the person at the desk."""
    return f"the {interrupt({'question': 'Which eye?'})} eye"


def test_an_interrupt_of_ones_own_takes_what_it_asks_for(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    with StreamingOpenAIServer(schemas, [call("which_eye"), Say("Left it is.")]) as server:
        conversation = talk(server, case_base, tools=[which_eye], checkpointer=InMemorySaver())
        [asked] = conversation.ask("Which?").waiting
        assert (asked.asked, asked.actions) == ({"question": "Which eye?"}, [])
        assert conversation.resume(["left"]).text == "Left it is."
        assert "the left eye" in json.dumps(server.requests[-1].body)


@pytest.mark.parametrize("kept", [True, False])
def test_a_state_that_is_summed_up_loses_no_case_and_no_question(
    schemas: OpenAISchemas, case_base: CaseBase, kept: bool
) -> None:
    looks = iter(range(1, 5))

    def script(_: str, request: dict[str, Any]) -> Reply:
        if "tools" not in request:
            return Say("They talked of feet.")
        number = next(looks, None)
        return Say("Like case:drawn_p01_1.") if number is None else call("get_case", case_id=f"drawn_p0{number}_1")

    with StreamingOpenAIServer(schemas, script) as server:
        shorten = SummarizationMiddleware(model_at(server), trigger=("messages", 6), keep=("messages", 3))
        conversation = talk(server, case_base, shorten, checkpointer=InMemorySaver() if kept else None)
        events = list(conversation.stream("Look at four of them."))
        answer = _last(events)
        # The summary took the question and the first cases out of the state while it was being answered.
        assert any("They talked of feet" in json.dumps(request.body) for request in server.requests)
        started = [event for event in events if isinstance(event, ToolStarted)]
        finished = [event for event in events if isinstance(event, ToolFinished)]
        assert len(started) == len(finished) == len(answer.tools) == 4
        assert len({event.call_id for event in started}) == len(started)
        assert (answer.text, answer.cited, answer.invented) == ("Like case:drawn_p01_1.", ["drawn_p01_1"], [])
        assert "talked" not in "".join(event.text for event in events if isinstance(event, TextDelta))
        # So does the next turn, whose state never had them.
        again = conversation.ask("And again?")
        assert not [request.refused for request in server.requests if request.refused]
    assert (again.cited, again.invented, again.looked_up) == (["drawn_p01_1"], [], False)


def test_edited_contexts_lists_of_todos_and_retried_tools_change_nothing(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    stock: list[AgentMiddleware[Any, Any, Any]] = [
        ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=10, keep=1)]),
        TodoListMiddleware(),
        ToolRetryMiddleware(max_retries=1),
    ]
    todo = call("write_todos", todos=[{"content": "Look.", "status": "in_progress"}])
    script = [todo, SEARCH, call("get_case", case_id="case:drawn_p02_1"), Say("Like case:drawn_p02_1.")]
    with StreamingOpenAIServer(schemas, script) as server:
        answer = talk(server, case_base, *stock).ask("What is alike?")
        assert not [request.refused for request in server.requests if request.refused]
    assert [use.name for use in answer.tools] == ["write_todos", "search_similar_cases", "get_case"]
    assert (answer.cited, answer.looked_up) == (["drawn_p02_1"], True)


def test_what_a_model_says_that_chooses_tools_is_not_the_agents_text(
    schemas: OpenAISchemas, case_base: CaseBase
) -> None:
    def script(_: str, request: dict[str, Any]) -> Reply:
        chosen = json.dumps({"tools": ["get_case"]})
        if request.get("response_format"):
            return Say(chosen)
        return Say(f"Offered {len(request['tools'])}.")

    with StreamingOpenAIServer(schemas, script) as server:
        select = LLMToolSelectorMiddleware(model=model_at(server), max_tools=1)
        events = list(talk(server, case_base, select).stream("Hello?"))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Offered 1."
    assert _last(events).text == "Offered 1."
