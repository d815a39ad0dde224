"""Conversations with the agent: each step as it comes, kept for a reload, and stopped where the page hangs up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from dermtools.app.actions.chatting import (
    AskArguments,
    BeginArguments,
    ConversationArguments,
    ask_agent,
    begin,
    conversation,
    conversations,
)
from dermtools.app.actions.overview import NoArguments
from dermtools.app.session import AppSession
from dermtools.errors import ImageError, ModelError, QueryError, StoppedError
from dermtools.retrieval import CaseBase
from dermtools.stops import Stop
from tests.support.agent_replies import final
from tests.support.app_model import BEGUN, INVENTED, searching
from tests.support.openai_replies import Fail
from tests.support.openai_requests import OpenAISchemas
from tests.support.patience import SAFETY_NET
from tests.support.patient_table import patient_base, told_of_patients
from tests.support.streaming_server import StreamingOpenAIServer
from tests.support.told import Told

Started = tuple[AppSession, StreamingOpenAIServer]
Ask = Callable[..., AskArguments]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    return patient_base(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def start(made: CaseBase, schemas: OpenAISchemas) -> Iterator[Callable[..., Started]]:
    with ExitStack() as servers:

        def started(script: Any = searching) -> Started:
            server = servers.enter_context(StreamingOpenAIServer(schemas, script))
            options = {"base_url": server.url, "timeout": SAFETY_NET}
            return AppSession(made, model="openai:gpt-4.1", model_options=options), server

        yield started


def _question(session: AppSession, question: str = "What is it?", **more: Any) -> AskArguments:
    """A question in a new conversation, as the page sends it."""
    task = more.pop("task", None)
    made = begin(session, BeginArguments(task=task), Told())
    shown = conversations(session, NoArguments(), Told())
    given = {"pictures": ["case:pictures/07.jpg"], "receiver": shown["receiver"], **more}
    return AskArguments(id=made["id"], question=question, **given)


def test_steps_come_as_they_are_kept_and_what_is_invented_is_told(start: Callable[..., Started]) -> None:
    session, _ = start()
    asked, told = _question(session), Told()
    turn = ask_agent(session, asked, told)
    folded: list[dict[str, Any]] = []
    for event in told.events:
        if "step" in event:
            folded[event["at"] : event["at"] + 1] = [event["step"]]
        else:
            folded[event["at"]]["text"] += event["more"]
    assert (
        folded
        == turn["steps"]
        == conversation(session, ConversationArguments(id=asked.id), Told())["turns"][0]["steps"]
    )
    search, text = turn["steps"]
    assert len(search["cases"]) == len(search["pictures"]) == 3
    assert "benign" in text["text"]
    assert [one["case_id"] for one in turn["answer"]["cited"]] == [one["case_id"] for one in search["cases"][:2]]
    assert turn["answer"]["invented"] == [INVENTED]
    assert turn["answer"]["dollars"] > 0


def test_a_task_is_answered_with_a_label_and_confidence(start: Callable[..., Started]) -> None:
    session, _ = start([final("naevus", confidence=0.7)])
    answer = ask_agent(session, _question(session, task="diagnosis"), Told())["answer"]
    assert (answer["label"], answer["confidence"], answer["looked_up"]) == ("naevus", 0.7, False)


def test_the_next_question_knows_of_the_first(start: Callable[..., Started]) -> None:
    session, server = start()
    asked = _question(session, "Look at the edge.")
    ask_agent(session, asked, Told())
    ask_agent(session, asked.model_copy(update={"question": "And now?", "pictures": []}), Told())
    assert "Look at the edge." in json.dumps(server.requests[-1].body)
    assert [one["title"] for one in conversations(session, NoArguments(), Told())["conversations"]] == [
        "Look at the edge."
    ]


def test_stopping_hangs_up_on_the_model_and_keeps_what_it_had_said(start: Callable[..., Started]) -> None:
    session, server = start()
    asked, stop, said = _question(session, "hold"), Stop(), threading.Event()

    class Listening(Told):
        def event(self, data: dict[str, Any]) -> None:
            super().event(data)
            if "".join(one.get("more", "") for one in self.events) == BEGUN:
                said.set()

    def work() -> None:
        stop.begin()
        with pytest.raises(StoppedError):
            ask_agent(session, asked, Listening())

    thread = threading.Thread(target=work)
    thread.start()
    assert said.wait(SAFETY_NET)
    assert not server.hung_up.is_set()
    stop.ask()
    assert server.hung_up.wait(SAFETY_NET)
    thread.join()
    [turn] = conversation(session, ConversationArguments(id=asked.id), Told())["turns"]
    assert (turn["problem"], turn["steps"], turn["answer"]) == ("stopped", [{"text": BEGUN}], None)


def test_what_is_private_is_on_the_page_and_in_no_message(start: Callable[..., Started], made: CaseBase) -> None:
    session, server = start()
    brought = session.context.images.add(made.jpeg("pictures/07.jpg"), name="Quillfeather, Ottoline.jpg")
    turn = ask_agent(session, _question(session, pictures=[brought.handle]), Told())
    assert told_of_patients(json.dumps(turn["steps"][0]["cases"]).encode())
    sent = json.dumps([one.body for one in server.requests]).encode()
    assert told_of_patients(sent) == set()
    assert b"Ottoline" not in sent
    assert len(server.requests[0].pictures) == 1


def test_a_conversation_sees_the_pictures_alone_that_were_attached_to_it(
    start: Callable[..., Started], made: CaseBase
) -> None:
    session, server = start()
    other = session.context.images.add(made.jpeg("pictures/03.jpg"), name="other.jpg")
    with pytest.raises(ImageError, match="no picture"):
        ask_agent(session, _question(session, pictures=["/etc/hostname"]), Told())
    assert server.requests == []
    ask_agent(session, _question(session), Told())
    assert other.handle not in json.dumps([one.body for one in server.requests])


def test_a_model_that_fails_is_told_and_nothing_goes_to_another_receiver(start: Callable[..., Started]) -> None:
    session, server = start([Fail(401, "wrong key")])
    asked = _question(session)
    with pytest.raises(QueryError, match="nothing was sent"):
        ask_agent(session, asked.model_copy(update={"receiver": "openai:gpt-4.1 at api.openai.com"}), Told())
    assert server.requests == []
    with pytest.raises(ModelError, match="wrong key"):
        ask_agent(session, asked, Told())
    assert "wrong key" in conversation(session, ConversationArguments(id=asked.id), Told())["turns"][0]["problem"]


def test_without_a_model_no_conversation_begins(made: CaseBase) -> None:
    with pytest.raises(QueryError, match="--model"):
        begin(AppSession(made), BeginArguments(), Told())
    assert conversations(AppSession(made), NoArguments(), Told())["receiver"] is None
