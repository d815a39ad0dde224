"""Asking over the wire, on good days and bad ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from dermtools.prediction import Outcome
from dermtools.prompting.asking.asker import Asker, RetryPolicy
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.models import chat_model
from dermtools.prompting.asking.replies import Reply
from dermtools.prompting.files.schema import OutputField
from tests.support.openai_replies import Answer, Body, Call, Drop, Fail, Hang, Refuse, Say
from tests.support.openai_replies import Reply as Scripted
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.patience import SAFETY_NET

LABELS = LabelSet(("foot", "hand", "hand-back", "infected", "not infected"))
OUTPUT = {"label": OutputField(type="label", description="the class")}
MESSAGES = [SystemMessage("Sort."), HumanMessage("Which?")]
QUICK = RetryPolicy(attempts=3, first_wait=0.01, max_wait=2.0)
APIS = ("chat", "responses")
OLD_MODEL = pytest.mark.filterwarnings("ignore:This model does not support OpenAI's structured output")


def asker(server: OpenAIServer, api: str = "chat", *, timeout: float = SAFETY_NET, **options: Any) -> Asker:
    model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, api_key="k", timeout=timeout)
    return Asker(model, OUTPUT, LABELS, **{"retry": QUICK, **options})


def ask(schemas: OpenAISchemas, script: Iterable[Scripted], api: str = "chat", **options: Any) -> tuple[Reply, int]:
    """The reply to one question, and how many requests it took."""
    with OpenAIServer(schemas, script, default=Fail(400, "the script is over")) as server:
        reply = asker(server, api, **options).ask(MESSAGES)
        assert not [request.refused for request in server.requests if request.refused]
        return reply, len(server.requests)


@pytest.mark.parametrize("api", APIS)
def test_a_label_comes_back_with_its_raw_reply_and_its_tokens(schemas: OpenAISchemas, api: str) -> None:
    reply, _ = ask(schemas, [Answer("hand-back")], api)
    assert (reply.outcome, reply.label, reply.raw) == (Outcome.OK, "hand-back", '{"label": "hand-back"}')
    assert reply.usage is not None
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens == 5


BAD_DAYS = {
    "wrong label": (Answer("elbow"), Outcome.INVALID, "no label of the set"),
    "prose around the label": (Say('{"label": "It is the hand."}'), Outcome.INVALID, "other words around 'hand'"),
    "several labels": (Say('{"label": "hand, foot"}'), Outcome.INVALID, "several labels: foot, hand"),
    "a list of labels": (Say('{"label": ["hand", "foot"]}'), Outcome.INVALID, "several labels"),
    "wrong spelling": (Answer("hand back"), Outcome.INVALID, "other words around 'hand'"),
    "no field": (Say('{"answer": "hand"}'), Outcome.INVALID, "no text in the field 'label'"),
    "empty": (Say(""), Outcome.INVALID, "empty"),
    "refusal": (Refuse("I can't."), Outcome.REFUSED, "declined: I can't."),
    "refusal in prose": (Say("I'm sorry, but I can't tell from a photo."), Outcome.REFUSED, "declined"),
    "cut off": (Say('{"label": "hand', stop="length"), Outcome.TRUNCATED, "cut off"),
    "filtered reply": (Say("", stop="content_filter"), Outcome.FILTERED, "content filter"),
    "filtered request": (Fail(400, "Filtered by policy.", "content_filter"), Outcome.FILTERED, "content filter"),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("day", BAD_DAYS)
def test_every_bad_reply_has_an_outcome_and_a_reason_and_no_label(schemas: OpenAISchemas, day: str, api: str) -> None:
    scripted, outcome, reason = BAD_DAYS[day]
    reply, requests = ask(schemas, [scripted], api)
    assert (reply.outcome, reply.label) == (outcome, None)
    assert reason in (reply.reason or "")
    assert requests == 1
    if isinstance(scripted, Say) and scripted.text:
        assert reply.raw == scripted.text


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("text", ["HAND", " hand ", "Ｈａｎｄ", "hand"])
def test_case_white_space_and_unicode_forms_do_not_matter(schemas: OpenAISchemas, text: str, api: str) -> None:
    reply, _ = ask(schemas, [Answer(text)], api)
    assert reply.label == "hand"


TEXTS = {
    "hand": "hand",
    "Answer: [hand]": "hand",
    "**Hand-Back**.": "hand-back",
    '```json\n{"label": "foot"}\n```': "foot",
    "not infected.": "not infected",
    "It is the hand.": None,
    "hand or foot": None,
    "uninfected": None,
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_reply_counts_only_when_the_label_is_all_of_it(schemas: OpenAISchemas, text: str) -> None:
    reply, _ = ask(schemas, [Say(text)], structured="text")
    assert reply.label == TEXTS[text]
    assert reply.raw == text


@pytest.mark.parametrize("text", ["hand", '{"label": "hand"'])
def test_a_text_that_was_cut_off_is_no_label_even_if_it_reads_like_one(schemas: OpenAISchemas, text: str) -> None:
    reply, _ = ask(schemas, [Say(text, stop="length")], structured="text")
    assert reply.outcome is Outcome.TRUNCATED


PASSING = {
    "429 with Retry-After": Fail(429, "Slow down.", "rate_limit_exceeded", {"retry-after": "0.2"}),
    "429 with a date": Fail(429, "Slow down.", headers={"retry-after": formatdate(time.time() + 0.5, usegmt=True)}),
    "500": Fail(500),
    "503": Fail(503),
    "half a reply": Drop(),
    "408": Fail(408),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", PASSING)
def test_what_may_pass_is_tried_again(schemas: OpenAISchemas, fault: str, api: str) -> None:
    reply, requests = ask(schemas, [PASSING[fault], Answer("foot")], api)
    assert (reply.label, requests) == ("foot", 2)


def test_a_hanging_server_is_left_after_the_time_out_and_asked_again(schemas: OpenAISchemas) -> None:
    started = time.monotonic()
    reply, requests = ask(schemas, [Hang(SAFETY_NET), Answer("foot")], timeout=2.0)
    assert (reply.label, requests) == ("foot", 2)
    assert time.monotonic() - started < SAFETY_NET, "it did not wait for the silence to end"


def test_the_wait_that_the_server_asks_for_is_kept(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas, [PASSING["429 with Retry-After"], Answer("foot")]) as server:
        asker(server).ask(MESSAGES)
        first, second = server.requests
        assert second.at - first.at >= 0.2


FINAL = {
    "400": (Fail(400, "Bad picture."), "HTTP 400: "),
    "401": (Fail(401, "Incorrect API key provided."), "HTTP 401: "),
    "404": (Fail(404, "No such model."), "HTTP 404: "),
    "no quota": (Fail(429, "You exceeded your quota.", "insufficient_quota"), "HTTP 429: "),
    "a wait that is too long": (Fail(429, "Slow down.", headers={"retry-after": "3600"}), "HTTP 429: "),
    "not JSON": (Body(b"<html>Bad gateway</html>", "text/html"), ""),
    "broken JSON": (Body(b'{"id": '), ""),
    "JSON of another kind": (Body(b"[]"), ""),
    "no choices": (Body(b'{"id": "x", "object": "chat.completion", "choices": []}'), ""),
    "null choices": (Body(b'{"id": "x", "object": "chat.completion", "choices": null}'), ""),
}


@pytest.mark.parametrize("fault", FINAL)
def test_what_will_not_pass_is_asked_once_and_told_in_one_line(schemas: OpenAISchemas, fault: str) -> None:
    scripted, reason = FINAL[fault]
    reply, requests = ask(schemas, [scripted])
    assert (reply.outcome, reply.label, requests) == (Outcome.ERROR, None, 1)
    assert (reply.reason or "").startswith(reason)
    assert "\n" not in (reply.reason or "")


def test_retries_end(schemas: OpenAISchemas) -> None:
    reply, requests = ask(schemas, [Fail(500)] * 9)
    assert (reply.outcome, requests) == (Outcome.ERROR, QUICK.attempts)


def test_a_server_that_is_not_there_is_an_error_and_no_exception() -> None:
    model = chat_model("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", timeout=1)
    reply = Asker(model, OUTPUT, LABELS, retry=QUICK).ask(MESSAGES)
    assert reply.outcome is Outcome.ERROR


LADDER = {(True, True): "json_schema", (False, True): "tools", (False, False): "text"}


@OLD_MODEL
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("knows", LADDER)
def test_a_model_without_structured_output_is_asked_the_next_best_way(
    schemas: OpenAISchemas, knows: tuple[bool, bool], api: str
) -> None:
    json_schema, tools = knows
    with OpenAIServer(schemas, json_schema=json_schema, tools=tools) as server:
        asking = asker(server, api)
        first, steps = asking.ask(MESSAGES), len(server.requests)
        second = asking.ask(MESSAGES)
        assert (first.label, second.label) == ("hand", "hand")
        assert asking.structured == LADDER[knows]
        assert server.requests[-1].structure == LADDER[knows]
        assert len(server.requests) == steps + 1, "a refused way is not tried twice"


def test_a_wrong_label_in_a_tool_call_is_invalid_and_kept(schemas: OpenAISchemas) -> None:
    reply, _ = ask(schemas, [Call((("answer", {"label": "elbow"}),))], structured="tools")
    assert (reply.outcome, reply.raw) == (Outcome.INVALID, '{"label": "elbow"}')


def test_broken_tool_arguments_are_invalid_and_kept(schemas: OpenAISchemas) -> None:
    reply, _ = ask(schemas, [Call((("answer", '{"label": "ha'),))], structured="tools")
    assert (reply.outcome, reply.raw) == (Outcome.INVALID, '{"label": "ha')


def test_asynchronous_questions_get_the_same_replies(schemas: OpenAISchemas) -> None:
    async def both(server: OpenAIServer) -> list[Reply]:
        asking = asker(server)
        return [await asking.aask(MESSAGES), await asking.aask(MESSAGES)]

    with OpenAIServer(schemas, [Fail(500), Answer("foot"), Say('{"label": "elbow"}')]) as server:
        right, wrong = asyncio.run(both(server))
    assert (right.label, wrong.outcome) == ("foot", Outcome.INVALID)


def test_responses_are_not_stored_by_the_service(schemas: OpenAISchemas) -> None:
    with OpenAIServer(schemas) as server:
        asker(server, "responses").ask(MESSAGES)
        assert server.requests[0].body["store"] is False


def test_several_fields_are_asked_for_in_words_where_only_text_is_left(schemas: OpenAISchemas) -> None:
    output = {"reason": OutputField(type="text", description="why"), **OUTPUT}
    with OpenAIServer(schemas, [Say('{"reason": "nails", "label": "foot"}')]) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url)
        reply = Asker(model, output, LABELS, structured="text").ask(MESSAGES)
        assert '"reason" (text): why' in server.requests[0].messages[-1]["content"]
    assert reply.values == {"reason": "nails", "label": "foot"}
