"""Calls of tools nested without end: an agent goes on, or says that the model did not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from dermtools.agent import DermAgent, create_derm_agent
from dermtools.errors import ModelError
from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, final
from tests.support.openai_replies import Call, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer


@contextmanager
def agent_hearing(schemas: OpenAISchemas, case_base: CaseBase, api: str, *replies: Reply) -> Iterator[DermAgent]:
    with StreamingOpenAIServer(schemas, replies) as server:
        model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, api_key="k")
        yield create_derm_agent(model, case_base, task="location", retry=QUICK, checkpointer=InMemorySaver())


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("depth", [900, 3000])
@pytest.mark.parametrize("form", ["call", "final", "text"])
def test_arguments_nested_without_end_are_no_accident(
    schemas: OpenAISchemas, case_base: CaseBase, form: str, depth: int, api: str
) -> None:
    deep = "[" * depth + "]" * depth
    said: Reply = {
        "call": Call((("get_case", f'{{"case_id": {deep}}}'),)),
        "final": Call((("final_answer", f'{{"reason": "x", "label": {deep}, "confidence": 1, "case_ids": []}}'),)),
        "text": Say(f'{{"name": "get_case", "arguments": {{"case_id": {deep}}}}}'),
    }[form]
    for ask in (lambda agent: agent.ask("Where?"), lambda agent: asyncio.run(agent.aask("Where?"))):
        hearing = agent_hearing(schemas, case_base, api, said, final("foot"), final("foot"))
        with suppress(ModelError), hearing as agent:  # any other error is one too many
            assert ask(agent).label in ("foot", None)
