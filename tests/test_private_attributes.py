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
from dermtools.cases import Case, SourceCase, SourceData, Task
from dermtools.cli.app import app
from dermtools.cli.attributes import OLDER
from dermtools.errors import PromptError, QueryError
from dermtools.evaluation import evaluate
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.tools import call_tool
from dermtools.prompting import RagSelector, chat_model
from dermtools.retrieval import CaseBase, KNNVote
from dermtools.tools import DermContext, Workspace
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_requests import OpenAISchemas
from tests.support.patience import SAFETY_NET
from tests.support.patient_doors import DOORS, QUERY, SHOWING, TASK, Clinic
from tests.support.patient_table import COLUMNS, HIV, NOTE, patient_base, told_of_patients
from tests.support.pictures import picture
from tests.support.streaming_server import StreamingOpenAIServer
from tests.support.tool_calls import called


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


CONDITIONS = [f"{NOTE} LIKE '%1'", "PHONE_NUMBER IS NOT NULL", "emai = 'x'", "split = 'train' AND email > 'a'"]


@pytest.mark.parametrize("door", ["tool", "mcp", "python"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_model_or_client_filters_by_no_private_attribute_nor_learns_that_there_is_one(
    door: str, condition: str, clinic: Clinic
) -> None:
    asked = {"image": f"case:{QUERY}", "where": condition}
    if door == "tool":
        sent = clinic.by_tool("search_similar_cases", asked)
    elif door == "mcp":
        served = ServedCaseBase(clinic.path, grants=ImageGrants())
        sent = call_tool(served, "search_similar_cases", asked).model_dump_json().encode()
    else:
        with pytest.raises(QueryError) as caught:
            clinic.case_base.search(case_id=QUERY, where_shown=condition)
        sent = str(caught.value).encode()
    assert b"where: no column" in sent
    assert b"there are: case_id, group_id, split, diagnosis (" in sent
    assert len(told_of_patients(sent)) <= 1  # the word that was typed


def test_the_operator_filters_by_every_attribute_and_a_model_by_those_that_are_shown(clinic: Clinic) -> None:
    of_p1 = "pictures/02.jpg"
    by_operator = clinic.case_base.search(case_id=of_p1, where=f"{NOTE} LIKE '%1'", k=24).case_ids
    assert sorted(by_operator) == ["pictures/22.jpg", "pictures/23.jpg"]
    context = DermContext(where=f"{NOTE} LIKE '%1'")
    workspace = Workspace(clinic.case_base)
    found = called(workspace, "search_similar_cases", context, image=f"case:{of_p1}", k=20, max_per_group=9)
    assert found.data.case_ids == by_operator
    clinic.case_base.attributes.show(NOTE)
    asked = {"image": f"case:{of_p1}", "k": 20, "max_per_group": 9, "where": f"{NOTE} LIKE '%1'"}
    assert called(workspace, "search_similar_cases", **asked).data.case_ids == by_operator


def test_a_source_is_called_by_its_file_alone_where_a_model_reads_it(clinic: Clinic) -> None:
    data = json.loads(clinic.case_base.path.joinpath("manifest.json").read_text())
    assert data["sources"][0]["name"].endswith("/export.csv")
    described = called(Workspace(clinic.case_base), "describe_case_base")
    assert described.artifact["sources"][0]["name"] == "export.csv"
    assert str(clinic.path.parent) not in f"{described.text}{described.artifact}"


def test_info_says_who_may_see_what_and_that_an_older_case_base_had_no_choice(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.case_base.attributes.show(NOTE)
    app(["info", str(clinic.path), "--json"], standalone_mode=False)
    audiences = json.loads(capsys.readouterr().out)["attributes"]
    assert audiences == {name: "shown" if name == NOTE else "private" for name in COLUMNS}
    app(["info", str(clinic.path)], standalone_mode=False)
    assert OLDER not in capsys.readouterr().out
    manifest = clinic.path / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "shown": None}))
    app(["info", str(clinic.path)], standalone_mode=False)
    assert OLDER in " ".join(capsys.readouterr().out.split())
    assert told_of_patients(DOORS["tool get_case"](clinic)) == set()


def test_counts_and_subgroups_name_no_value_of_a_private_column_that_is_nearly_called_so(tmp_path: Path) -> None:
    known = {"sex": "female", "site_note": HIV, "skin_type_note": HIV}
    case = Case(case_id="1", group_id="p", split="test", labels={TASK: ("naevus",)}, attributes=known)
    task = Task(name=TASK, question="Which?", labels=("naevus",))
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    case_base.add(SourceData("made", (task,), (SourceCase(case, picture(1)),)))
    done = evaluate(case_base, TASK, [KNNVote(case_base, TASK, 1)], tmp_path / "run")
    assert done.results.analyses is not None
    (subgroups,) = done.results.analyses.subgroups.values()
    assert [(one.attribute, one.value) for one in subgroups] == [("sex", "female")]
    assert HIV not in case_base.check().model_dump_json()
    case_base.attributes.show("site_note")
    assert HIV in case_base.check().model_dump_json()
