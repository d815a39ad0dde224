"""The strict loopback OpenAI server of the prompt chains, with streamed replies: what an agent's stream needs."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.support.openai_replies import Body, Drop, Fail, Hang, Hold, Say, reply_body
from tests.support.openai_requests import pictures
from tests.support.openai_server import PATHS, OpenAIServer, _Handler


class StreamingOpenAIServer(OpenAIServer):
    """Answers with server-sent events where the request asks for a stream, else as its parent does.

    Args:
        wants_strict: refuse a tool of the Responses API that does not say whether it is strict, as the schema does. The
            service takes it for a strict one.
    """

    def __init__(self, *args: Any, wants_strict: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self._wants_strict = wants_strict
        self._http.RequestHandlerClass = type("StreamingHandler", (_StreamingHandler,), {"openai": self})

    def as_taken(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A reply as the client takes it, which may want more than the published schemas have."""
        return answer

    def _why_refused(self, api: str, body: dict[str, Any], headers: dict[str, str]) -> str | None:
        # The service takes its own messages back without what only the schema of replies wants.
        lenient = copy.deepcopy(body)
        for tool in lenient.get("tools", ()) if api == "responses" and not self._wants_strict else ():
            tool.setdefault("strict", None)
        for item in lenient.get("input", ()) if api == "responses" else ():
            if item.get("role") == "assistant" and isinstance(item["content"], list):
                item.update({"id": "msg_1", "status": "completed", **item})
                for part in item["content"]:
                    part.setdefault("logprobs", [])
        # It takes tools that do not say whether they are strict, which its schema wants said.
        for tool in lenient.get("tools", ()) if api == "responses" else ():
            tool.setdefault("strict", None)
        return super()._why_refused(api, lenient, headers)


class _StreamingHandler(_Handler):
    def do_POST(self) -> None:  # noqa: N802  (the name that http.server calls)
        api = PATHS.get(self.path)
        length = int(self.headers["content-length"])
        raw = self.rfile.read(length)
        body = json.loads(raw)
        reply = None
        if api is not None and body.get("stream"):
            reply = self.openai.reply_to(api, body, {name.lower(): value for name, value in self.headers.items()})
        if api is None or reply is None:
            self.rfile = _Again(raw)  # type: ignore[assignment]
            try:
                super().do_POST()
            finally:
                self.rfile = self.connection.makefile("rb", -1)
            return
        if isinstance(reply, Body):
            self._send(reply.status, reply.data, reply.content_type, reply.headers)
            return
        if isinstance(reply, Fail | Drop | Hang):
            assert isinstance(reply, Fail), "only errors, whole bodies and good replies are streamed here"
            self._send_error(reply)
            return
        if isinstance(reply, Hold):
            begun = reply_body(api, Say(reply.text), body, 0, len(self.openai.requests))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write("".join(list(_chat_events(begun))[:-3]).encode())  # but for how it ends
            self.hold()
            return
        answer = reply_body(api, reply, body, sum(1 for _ in pictures(body)), len(self.openai.requests))
        self.openai.schemas.check_reply(api, answer)
        answer = self.openai.as_taken(answer)
        events = _chat_events(answer) if api == "chat" else _responses_events(answer)
        data = "".join(events).encode()
        self._send(200, data, "text/event-stream", {})


class _Again:
    """Bytes that were read already, for a handler that reads them again."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, _: int) -> bytes:
        return self._data


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 7):
        yield text[start : start + 7]


def _chat_events(answer: dict[str, Any]) -> Iterator[str]:
    choice = answer["choices"][0]
    message = choice["message"]

    def event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        chunk = {key: answer[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        choices = [] if "usage" in more else [{"index": 0, "delta": delta, "finish_reason": finish}]
        return f"data: {json.dumps({**chunk, 'choices': choices, **more})}\n\n"

    yield event({"role": "assistant", "content": ""})
    for piece in _pieces(message["content"] or ""):
        yield event({"content": piece})
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = {"name": call["function"]["name"], "arguments": ""}
        yield event({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": function}]})
        for piece in _pieces(call["function"]["arguments"]):
            yield event({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield event({}, choice["finish_reason"])
    yield event({}, usage=answer["usage"])
    yield "data: [DONE]\n\n"


def _responses_events(answer: dict[str, Any]) -> Iterator[str]:
    number = 0

    def event(kind: str, **fields: Any) -> str:
        nonlocal number
        number += 1
        return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, **fields})}\n\n"

    started = {**answer, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=started)
    for index, item in enumerate(answer["output"]):
        blank = {**item, "content": []} if item["type"] == "message" else {**item, "arguments": ""}
        yield event("response.output_item.added", output_index=index, item={**blank, "status": "in_progress"})
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "function_call":
            for piece in _pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", delta=piece, **place)
            yield event(
                "response.function_call_arguments.done", arguments=item["arguments"], name=item["name"], **place
            )
        else:
            for number_of_part, part in enumerate(item["content"]):
                where = {**place, "content_index": number_of_part}
                yield event("response.content_part.added", part={**part, "text": ""}, **where)
                for piece in _pieces(part["text"]):
                    yield event("response.output_text.delta", delta=piece, logprobs=[], **where)
                yield event("response.output_text.done", text=part["text"], logprobs=[], **where)
                yield event("response.content_part.done", part=part, **where)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=answer)
