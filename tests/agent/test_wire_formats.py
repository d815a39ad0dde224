"""A whole run with pictures, in each of LangChain's frameworks over each provider's wire format.

The model, which a server scripts, makes a mistake and is told, calls two tools at once, looks at a case and answers;
then it is asked once more. The server refuses what the provider would refuse. docs/providers.md has the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from dermtools.agent import DermContext, DermToolkit, PictureMiddleware, create_derm_agent
from dermtools.images import data_url
from dermtools.retrieval import CaseBase
from dermtools.tools import offered_tools
from tests.support.agent_replies import QUICK, call, final
from tests.support.openai_replies import Call, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import ROOT
from tests.support.wire_formats import FORMATS, WireFormat, tools_sent

QUESTION = "Which part of the body is this?"
Ask = Callable[[str, bool], str]
"""From a text, and whether the picture goes with it, to the answer; questions to one conversation."""


class ScriptedModel:
    """What the model says, by how often it was asked."""

    def __init__(self, *, task: bool) -> None:
        self.asked = 0
        self._end = final("foot", confidence=0.8) if task else Say("A foot.")

    def __call__(self, body: dict[str, Any]) -> Say | Call:
        self.asked += 1
        text = json.dumps(body)
        handle = next(iter(re.findall(r"img_(?!0{16})[0-9a-f]{16}", text)), "img_missing")
        found = re.findall(r"\d\. (case:drawn_p\d+_\d)", text)
        match self.asked:
            case 1:
                return call("search_similar_cases", image="img_0000000000000000", k=3)
            case 2:
                search = {"image": handle, "k": 3, "show_pictures": True}
                return Call((("search_similar_cases", search), ("describe_case_base", {"task": "location"})))
            case 3:
                return call("get_case", case_id=found[-1], show_picture=True)
            case 4:
                return self._end
        return self._end if isinstance(self._end, Call) else Say("Still a foot.")


def user_message(text: str, jpeg: bytes | None) -> HumanMessage:
    picture = [{"type": "image_url", "image_url": {"url": data_url(jpeg)}}] if jpeg is not None else []
    return HumanMessage([{"type": "text", "text": text}, *picture])


def talk(graph: Any, jpeg: bytes, context: DermContext | None, note: str = "") -> Ask:
    messages: list[Any] = []

    def ask(text: str, with_picture: bool) -> str:
        messages.append(user_message(text + note, jpeg if with_picture else None))
        messages[:] = graph.invoke({"messages": messages}, context=context)["messages"]
        return str(messages[-1].text)

    return ask


def create_agent_with_middleware(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    from langchain.agents import create_agent

    toolkit = DermToolkit.over(case_base)
    shows = PictureMiddleware(toolkit.workspace)
    graph = create_agent(model, toolkit.get_tools(), middleware=[shows], context_schema=DermContext)
    return talk(graph, jpeg, DermContext())


def create_agent_alone(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    from langchain.agents import create_agent

    toolkit = DermToolkit.over(case_base)
    note = f" The picture is {toolkit.attach(jpeg).handle}."
    return talk(create_agent(model, toolkit.get_tools()), jpeg, None, note)


def state_graph(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode, tools_condition

    toolkit = DermToolkit.over(case_base)
    shows = PictureMiddleware(toolkit.workspace)
    bound = model.bind_tools(toolkit.get_tools())
    note = f" The picture is {toolkit.attach(jpeg).handle}."
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [bound.invoke(shows.shown(state["messages"], model))]})
    graph.add_node("tools", ToolNode(toolkit.get_tools()))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return talk(graph.compile(), jpeg, None, note)


def deep_agent(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    from deepagents import create_deep_agent

    toolkit = DermToolkit.over(case_base)
    shows = PictureMiddleware(toolkit.workspace)
    graph = create_deep_agent(model, toolkit.get_tools(), middleware=[shows], context_schema=DermContext)
    return talk(graph, jpeg, DermContext())


def derm_agent(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    conversation = create_derm_agent(model, case_base, retry=QUICK).conversation()
    return lambda text, with_picture: conversation.ask(text, [jpeg] if with_picture else []).text


def derm_agent_with_task(model: Any, case_base: CaseBase, jpeg: bytes) -> Ask:
    conversation = create_derm_agent(model, case_base, task="location", retry=QUICK).conversation()
    return lambda text, with_picture: str(conversation.ask(text, [jpeg] if with_picture else []).label)


@dataclass(frozen=True)
class Framework:
    name: str
    """As the table in docs/providers.md has it."""
    start: Callable[[Any, CaseBase, bytes], Ask]
    shows: bool = True
    """Whether the model sees the pictures of cases."""
    task: bool = False


FRAMEWORKS = (
    Framework("`create_derm_agent`", derm_agent),
    Framework("`create_derm_agent`, with a task", derm_agent_with_task, task=True),
    Framework("`create_agent` with `PictureMiddleware`", create_agent_with_middleware),
    Framework("`create_agent` with the toolkit alone", create_agent_alone, shows=False),
    Framework("`StateGraph` and `ToolNode`", state_graph),
    Framework("deepagents", deep_agent),
)
FAILING: dict[tuple[str, str], str] = {}
"""Framework and format to why a cell does not pass."""


def cells() -> list[Any]:
    return [
        pytest.param(
            framework,
            wire,
            id=f"{framework.start.__name__}-{wire.name}",
            marks=[pytest.mark.xfail(reason=why, strict=True)]
            if (why := FAILING.get((framework.name, wire.name)))
            else [],
        )
        for framework in FRAMEWORKS
        for wire in FORMATS
    ]


@pytest.mark.parametrize(("framework", "wire"), cells())
def test_a_whole_run_with_pictures(
    framework: Framework, wire: WireFormat, schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    with wire.serving(schemas, ScriptedModel(task=framework.task)) as (server, model):
        ask = framework.start(model, case_base, drawn_jpeg)
        answers = [ask(QUESTION, True), ask("Are you sure?", False)]
        requests = server.requests
    assert [request.refused for request in requests] == [None] * 5
    assert answers == (["foot", "foot"] if framework.task else ["A foot.", "Still a foot."])
    # What the model saw: the attached picture, three cases found, the case it looked at.
    seen = [len(set(request.pictures)) for request in requests]
    assert seen[:4] == ([1, 1, 4, 4] if framework.shows else [1, 1, 1, 1])
    assert len(requests[3].pictures) == (5 if framework.shows else 1)
    told = [json.dumps(request.body) for request in requests]
    assert "is available; attached pictures: img_" in told[1]
    assert "3 cases similar to the query" in told[2]
    assert "foot" in told[2]
    sent = tools_sent(requests[0].body)
    for spec in offered_tools(with_model=False):
        arguments = sent[spec.name].get("properties", {})
        assert set(arguments) == set(spec.arguments.model_fields)
        for name, schema in arguments.items():
            assert schema.get("description"), f"{spec.name}: {name} without a description"
            assert schema.get("type"), f"{spec.name}: {name} without a type"


def test_the_table_in_the_documents_says_what_passes() -> None:
    heads = ["", *(wire.name for wire in FORMATS)]
    rows = [heads, ["---"] * len(heads)]
    for framework in FRAMEWORKS:
        seen = "passes" if framework.shows else "passes, as text"
        rows.append([framework.name, *(FAILING.get((framework.name, wire.name), seen) for wire in FORMATS)])
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows).replace("|  |", "| |")
    assert table in (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
