"""`format_exemplars`: cases as the messages that a prompt shows."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessage

from dermtools.prompting import prompt_for
from dermtools.retrieval import CaseBase
from dermtools.tools import Workspace, exemplar_messages
from tests.support.tool_calls import called


def test_exemplars_are_the_messages_that_the_chain_would_send(workspace: Workspace, case_base: CaseBase) -> None:
    built = prompt_for("rag-3", case_base=case_base, task="location").build("case:drawn_p01_1")
    data = called(workspace, "format_exemplars", image="case:drawn_p01_1", task="location", shots=3).artifact
    messages = exemplar_messages(data["messages"], case_base)
    assert [message.content for message in messages] == [message.content for message in built.messages[1:-1]]
    assert data["case_ids"] == [exemplar.case_id for exemplar in built.exemplars]
    assert "base64" not in json.dumps(data)


@pytest.mark.parametrize("layout", ["single", "pairs"])
def test_exemplars_come_in_every_layout_of_the_prompt(workspace: Workspace, case_base: CaseBase, layout: str) -> None:
    ids = ["drawn_p02_1", "case:drawn_p01_1"]
    data = called(workspace, "format_exemplars", case_ids=ids, task="location", layout=layout).artifact
    assert data["case_ids"] == ["drawn_p02_1", "drawn_p01_1"]
    answers = [message for message in exemplar_messages(data["messages"], case_base) if isinstance(message, AIMessage)]
    assert len(answers) == (2 if layout == "pairs" else 0)
