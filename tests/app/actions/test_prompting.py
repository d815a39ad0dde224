"""The prompt as it would be sent, and that nothing else is ever sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dermtools.app.actions.prompting import (
    PreviewArguments,
    PromptsArguments,
    SendArguments,
    preview,
    prompts,
    send,
)
from dermtools.app.session import AppSession
from dermtools.errors import QueryError, StoppedError
from dermtools.prompting import PromptLibrary
from dermtools.retrieval import CaseBase
from dermtools.stops import Stop
from tests.support.openai_replies import Answer, Hold, Say
from tests.support.openai_requests import OpenAISchemas, check_data_url
from tests.support.patience import SAFETY_NET
from tests.support.patient_table import PROMPT, patient_base, told_of_patients
from tests.support.streaming_server import StreamingOpenAIServer
from tests.support.told import Told

CASE = "case:pictures/07.jpg"
ASKED = {"of": CASE, "task": "diagnosis", "method": "rag-3"}
Started = tuple[AppSession, StreamingOpenAIServer]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patient_base(tmp_path_factory.mktemp("clinic")).path


@pytest.fixture
def start(made: Path, schemas: OpenAISchemas) -> Iterator[Callable[..., Started]]:
    """A session whose model is a server on this machine, which replies as it is told."""
    with ExitStack() as servers:

        def started(*replies: Any, path: Path = made) -> Started:
            server = servers.enter_context(StreamingOpenAIServer(schemas, replies, default=Answer("naevus")))
            options = {"base_url": server.url, "timeout": SAFETY_NET}
            return AppSession(CaseBase.open(path), model="openai:gpt-4.1", model_options=options), server

        yield started


def _seen(session: AppSession, **more: Any) -> tuple[dict[str, Any], SendArguments]:
    """A preview, and the request that the page makes of it."""
    shown = preview(session, PreviewArguments(**ASKED, **more), Told())
    return shown, SendArguments(**ASKED, **more, receiver=shown["receiver"], digest=shown["digest"])


def test_looking_sends_nothing_and_sending_sends_what_was_looked_at(start: Callable[..., Started]) -> None:
    session, server = start()
    shown, request = _seen(session, note="itches")
    assert server.requests == []
    assert shown["receiver"] == f"openai:gpt-4.1 at {server.url.split('/')[2]}"
    sent = send(session, request, Told())
    [arrived] = server.requests
    parts = [part for message in shown["messages"] for part in message["parts"]]
    pictures = [part["picture"]["url"] for part in parts if "picture" in part]
    assert [check_data_url(url) for url in pictures] == arrived.pictures
    assert len(pictures) == 4
    assert [message["role"] for message in shown["messages"]] == [one["role"] for one in arrived.messages]
    assert all(json.dumps(part["text"])[1:-1] in json.dumps(arrived.body) for part in parts if "text" in part)
    assert "itches" in json.dumps(arrived.body)
    assert sent["prediction"]["label"] == "naevus"
    assert sent["dollars"] > 0
    assert [one["case_id"] for one in sent["exemplars"]] == [one["case_id"] for one in shown["exemplars"]]


@pytest.mark.parametrize(
    "other",
    [
        {"receiver": "openai:gpt-4.1 at api.openai.com"},
        {"digest": "0" * 64},
        {"note": "another"},
        {"method": "rag-2"},
        {"of": "case:pictures/08.jpg"},
    ],
    ids=str,
)
def test_what_was_not_shown_is_not_sent(other: dict[str, str], start: Callable[..., Started]) -> None:
    session, server = start()
    _, request = _seen(session)
    with pytest.raises(QueryError, match="nothing was sent"):
        send(session, request.model_copy(update=other), Told())
    assert server.requests == []


def test_a_prompt_that_has_changed_since_is_not_sent(start: Callable[..., Started], tmp_path: Path) -> None:
    session, server = start(path=patient_base(tmp_path).path)
    shown, request = _seen(session)
    session.opened.delete([shown["exemplars"][0]["case_id"]])
    with pytest.raises(QueryError, match="not the one that you were shown any more"):
        send(session, request, Told())
    assert server.requests == []


def test_a_reply_outside_the_set_is_shown_as_it_came(start: Callable[..., Started]) -> None:
    session, _ = start(Say("It may be anything."))
    _, request = _seen(session)
    prediction = send(session, request, Told())["prediction"]
    assert (prediction["outcome"], prediction["label"]) == ("invalid", None)
    assert prediction["raw"] == "It may be anything."


def test_cancelling_hangs_up_on_the_model(start: Callable[..., Started]) -> None:
    session, server = start(Hold())
    _, request = _seen(session)
    stop, ended = Stop(), threading.Event()

    def work() -> None:
        stop.begin()
        with pytest.raises(StoppedError):
            send(session, request, Told())
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not server.requests:
        thread.join(0.01)
        assert thread.is_alive()
    stop.ask()
    assert server.hung_up.wait(SAFETY_NET)
    assert ended.wait(SAFETY_NET)
    thread.join()


def test_what_is_private_is_on_the_page_and_in_no_message(start: Callable[..., Started], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PROMPT)
    session, server = start()
    session = replace(session, library=PromptLibrary(tmp_path))
    shown, request = _seen(session, prompt="mine")
    send(session, request, Told())
    assert told_of_patients(json.dumps(shown["exemplars"]).encode())
    assert told_of_patients(json.dumps([one.body for one in server.requests]).encode()) == set()


def test_without_a_model_the_prompt_is_shown_all_the_same(made: Path) -> None:
    session = AppSession(CaseBase.open(made))
    shown = preview(session, PreviewArguments(**ASKED), Told())
    assert shown["messages"]
    assert shown["receiver"] is None
    assert "--model" in shown["no_receiver"]
    with pytest.raises(QueryError, match="--model"):
        send(session, SendArguments(**ASKED, receiver="", digest=shown["digest"]), Told())


def test_the_prompts_to_choose_from_are_those_that_give_a_label_of_the_task(made: Path) -> None:
    offered = prompts(AppSession(CaseBase.open(made)), PromptsArguments(task="diagnosis"), Told())
    assert [one["id"] for one in offered["prompts"]] == ["compare", "diagnosis", "generic"]
    assert offered["usual"] == "diagnosis"
