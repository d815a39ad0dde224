"""A table of patients with names, births, phones and notes: none of it leaves by any door until it is shown."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from dermtools.agent import ImageGrants, create_derm_agent
from dermtools.errors import PromptError
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.prompting import RagSelector, chat_model
from dermtools.retrieval import CaseBase
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_requests import OpenAISchemas
from tests.support.patience import SAFETY_NET
from tests.support.patient_doors import DOORS, QUERY, SHOWING, TASK, Clinic
from tests.support.patient_table import COLUMNS, NOTE, patient_base, told_of_patients
from tests.support.streaming_server import StreamingOpenAIServer


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    return patient_base(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def clinic(made: CaseBase, schemas: OpenAISchemas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    return Clinic(CaseBase.open(shutil.copytree(made.path, tmp_path / "casebase")), schemas, tmp_path)


@pytest.mark.parametrize("audience", ["private", "shown"])
@pytest.mark.parametrize("door", DOORS)
def test_what_goes_out_has_shown_attributes_alone(
    door: str,
    audience: str,
    clinic: Clinic,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(clinic.case_base.attributes.names) == set(COLUMNS)
    if audience == "shown":
        clinic.case_base.attributes.show(NOTE)
    with caplog.at_level(logging.DEBUG):
        sent = DOORS[door](clinic)
    printed = capsys.readouterr()
    told = told_of_patients(sent + (caplog.text + printed.out + printed.err).encode())
    assert told == ({NOTE} if audience == "shown" and door in SHOWING else set())


@pytest.mark.parametrize("door", ["tool get_case", "mcp", "retriever", "agent"])
def test_an_attribute_that_is_hidden_again_goes_out_no_more(door: str, clinic: Clinic) -> None:
    CaseBase.open(clinic.path).attributes.show(NOTE)
    assert told_of_patients(DOORS[door](clinic)) == {NOTE}
    CaseBase.open(clinic.path).attributes.hide(NOTE)
    assert told_of_patients(DOORS[door](clinic)) == set()


def test_a_running_server_and_agent_follow_a_change_at_their_next_call(clinic: Clinic) -> None:
    elsewhere = CaseBase.open(clinic.path).attributes
    elsewhere.show(NOTE)
    server = CaseBaseServer(ServedCaseBase(clinic.path, grants=ImageGrants()))
    heard: list[str] = []

    async def ask() -> None:
        async with Client(server.protocol) as client:
            heard.append((await client.call_tool("get_case", {"case_id": QUERY})).model_dump_json())
            elsewhere.hide(NOTE)
            heard.append((await client.call_tool("get_case", {"case_id": QUERY})).model_dump_json())

    anyio.run(ask)
    assert [told_of_patients(text.encode()) for text in heard] == [{NOTE}, set()]

    bodies: list[str] = []

    def script(_: str, body: dict[str, Any]) -> Any:
        bodies.append(json.dumps(body))
        if len(bodies) == 2:
            elsewhere.show(NOTE)
        return call("get_case", case_id=QUERY) if len(bodies) < 3 else final("naevus")

    with StreamingOpenAIServer(clinic.schemas, script) as openai:
        model = chat_model("openai:gpt-4.1", base_url=openai.url, timeout=SAFETY_NET)
        create_derm_agent(model, clinic.case_base, task=TASK, retry=QUICK).ask("What is it?")
    assert [told_of_patients(body.encode()) for body in bodies] == [set(), set(), {NOTE}]


def test_a_prompt_that_is_to_show_a_private_attribute_is_refused_with_the_command_that_shows_it(clinic: Clinic) -> None:
    task = clinic.case_base.task(TASK)
    remedy = f"attribute '{NOTE}' is private; to let models see it: dermtools attributes .* --show {NOTE}"
    with pytest.raises(PromptError, match=remedy):
        RagSelector(clinic.case_base, task, 3, attributes=[NOTE])
    clinic.case_base.attributes.show(NOTE)
    selector = RagSelector(clinic.case_base, task, 3, attributes=[NOTE])
    assert NOTE in selector.select_examples({"case_id": QUERY})[0]["attributes"]
    clinic.case_base.attributes.hide(NOTE)
    with pytest.raises(PromptError, match=remedy):
        selector.select_examples({"case_id": QUERY})
