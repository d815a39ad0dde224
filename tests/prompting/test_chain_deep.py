"""Replies nested without end, over the wire: the prediction says that they are no answer, and no error escapes."""

from __future__ import annotations

import pytest

from dermtools.prediction import Outcome
from dermtools.retrieval import CaseBase
from tests.support.chains import chain
from tests.support.openai_replies import Body, Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("structured", ["json_schema", "tools", "text"])
@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_reply_nested_without_end_is_no_answer(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, depth: int, structured: str, api: str
) -> None:
    label = f'{{"label": {nested(depth)}}}'
    replies: list[Reply] = [Say(label), Say("{" * depth), Say(f"<tool_call>{label}</tool_call>")]
    replies += [Body(nested(depth).encode())]
    replies += [Call((("answer", label),))] if structured == "tools" else []
    with OpenAIServer(schemas, replies) as server:
        asked = chain(server, case_base, "zero-shot", api=api, structured=structured)
        for _ in replies:
            assert asked.invoke({"image": drawn_jpeg}).outcome in (Outcome.INVALID, Outcome.ERROR)
