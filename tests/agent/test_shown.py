"""Where pictures stand in what is sent, by each provider's rules."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from dermtools.agent import ProviderRules, human_message
from dermtools.agent.provider_rules import Place
from dermtools.agent.shown import Showing, pictures_in
from dermtools.images import data_url
from dermtools.prompting.files.compile import picture_block
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, Workspace

CASES = [f"case:drawn_p0{number}_1" for number in range(1, 6)]


def showing(workspace: Workspace, place: Place = "question", **options: Any) -> Showing:
    rules = ProviderRules(place, options.pop("limit", None))
    return Showing(workspace, options.pop("context", DermContext()), rules, **{"show": True, "most": 24, **options})


def looked_up(*handles: str, number: int = 1) -> list[AnyMessage]:
    """A call of a tool, and its result, which names pictures."""
    call = {"type": "tool_call", "id": f"{number}", "name": "get_case", "args": {}}
    result = ToolMessage("found", name="get_case", tool_call_id=f"{number}", artifact={"pictures": list(handles)})
    return [AIMessage("", tool_calls=[call]), result]


def turn(*handles: str) -> list[AnyMessage]:
    return [HumanMessage("Where?"), *looked_up(*handles), AIMessage("There.")]


def outline(messages: list[AnyMessage]) -> list[tuple[str, int]]:
    return [(message.type, len(pictures_in(message))) for message in messages]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("tool-message", [("human", 0), ("ai", 0), ("tool", 2), ("ai", 0)]),
        ("after-tool-messages", [("human", 0), ("ai", 0), ("tool", 0), ("human", 2), ("ai", 0)]),
        ("question", [("human", 2), ("ai", 0), ("tool", 0), ("ai", 0)]),
    ],
)
def test_a_tools_pictures_stand_where_the_provider_takes_them(
    workspace: Workspace, place: Place, expected: list[tuple[str, int]]
) -> None:
    given = turn(*CASES[:2])
    before = [message.model_dump() for message in given]
    sent = showing(workspace, place).messages(given)
    assert outline(sent) == expected
    assert sent[2].text.startswith("found")
    named = next(message for message in sent if pictures_in(message))
    assert f"{CASES[0]}, {CASES[1]}" in named.text
    assert [message.model_dump() for message in given] == before


def test_pictures_join_the_question_that_the_tools_were_called_for(workspace: Workspace) -> None:
    sent = showing(workspace).messages([*turn(CASES[0]), HumanMessage("And?"), *looked_up(CASES[1], CASES[2])])
    assert outline(sent) == [("human", 1), ("ai", 0), ("tool", 0), ("ai", 0), ("human", 2), ("ai", 0), ("tool", 0)]


def test_a_question_after_a_tools_result_stands_where_the_provider_takes_it(workspace: Workspace) -> None:
    """The answer to a task is a tool call: Mistral takes no user message right after its result."""
    asked_again = [HumanMessage("Where?"), *looked_up(), HumanMessage("Sure?")]
    kinds = [kind for kind, _ in outline(showing(workspace).messages(asked_again))]
    assert kinds == ["human", "ai", "tool", "ai", "human"]
    assert len(showing(workspace, "after-tool-messages").messages(asked_again)) == 4


def test_parallel_tools_share_one_user_message_after_the_last_of_them(workspace: Workspace) -> None:
    calls, first = looked_up(CASES[0])
    second = looked_up(CASES[1], number=2)[1]
    sent = showing(workspace, "after-tool-messages").messages([HumanMessage("?"), calls, first, second])
    assert outline(sent) == [("human", 0), ("ai", 0), ("tool", 0), ("tool", 0), ("human", 2)]


def test_pictures_in_the_content_of_any_tool_go_the_same_way(workspace: Workspace, drawn_jpeg: bytes) -> None:
    content: list[str | dict[Any, Any]] = [{"type": "text", "text": "here"}, picture_block(data_url(drawn_jpeg))]
    given = [HumanMessage("?"), looked_up()[0], ToolMessage(content, tool_call_id="1")]
    assert outline(showing(workspace, "question").messages(given))[0] == ("human", 1)
    assert outline(showing(workspace, "tool-message").messages(given))[2] == ("tool", 1)


def test_a_providers_limit_keeps_the_pictures_of_the_question_then_the_newest(
    workspace: Workspace, drawn_jpeg: bytes
) -> None:
    context = DermContext()
    asked = human_message("Which?", [context.images.add(drawn_jpeg).handle])
    given = [*turn(*CASES[:2]), asked, *looked_up(*CASES[:3]), *looked_up(CASES[4], number=2)]
    sent = showing(workspace, "after-tool-messages", context=context, limit=3).messages(given)
    assert sum(count for _, count in outline(sent)) == 3
    assert len(pictures_in(sent[4])) == 1
    assert CASES[2] in sent[7].text
    assert CASES[4] in sent[-1].text
    assert CASES[0] not in json.dumps([message.text for message in sent])


@pytest.mark.parametrize("place", ["tool-message", "after-tool-messages", "question"])
def test_a_model_of_text_gets_no_picture_from_anywhere(workspace: Workspace, drawn_jpeg: bytes, place: Place) -> None:
    block = picture_block(data_url(drawn_jpeg))
    context = DermContext()
    asked = human_message("Which?", [context.images.add(drawn_jpeg).handle])
    bare = ToolMessage([{"type": "text", "text": "here"}, block], tool_call_id="2")
    given = [HumanMessage([{"type": "text", "text": "This?"}, block]), asked, *looked_up(*CASES[:2]), bare]
    sent = showing(workspace, place, context=context, show=False).messages(given)
    assert [message.type for message in sent] == ["human", "human", "ai", "tool", "tool"]
    assert sum(count for _, count in outline(sent)) == 0
    assert "base64" not in str(sent)
    assert "2 pictures: not shown to you" in sent[3].text
    assert "1 picture: not shown to you" in sent[4].text


def test_a_picture_that_cannot_be_shown_is_told_and_hides_no_other(workspace: Workspace) -> None:
    sent = showing(workspace, "after-tool-messages").messages([*turn("case:nobody"), *looked_up(CASES[0], number=2)])
    assert "cannot be shown" in sent[3].text
    assert outline(sent)[-1] == ("human", 1)


def test_a_case_base_that_is_damaged_meanwhile_tells_the_model_no_path(case_base: CaseBase, tmp_path: Path) -> None:
    place = tmp_path / "of the operator"
    shutil.copytree(case_base.path, place)
    opened = Workspace(CaseBase.open(place))
    assert opened.case_base.case("drawn_p01_1")
    for file in (place / "cases.lance" / "data").iterdir():
        file.unlink()
    sent = showing(opened).messages(turn("case:drawn_p01_1"))
    told = str(sent[0].content)
    assert "cannot be shown" in told
    assert not any(word in told for word in ("of the operator", tmp_path.name))
