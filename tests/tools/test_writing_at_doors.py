"""Instructions drawn into pictures, brought through every door."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel

from dermtools.agent import DermToolkit, ImageGrants, create_derm_agent
from dermtools.errors import ImageError
from dermtools.images.text_guard import FLAG
from dermtools.mcp.prompts import get_prompt
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import call_tool
from dermtools.prompting import chain_for, prompt_for
from dermtools.retrieval import CaseBase
from tests.support.written_pictures import ORDER, encoded, skin, skip_without_recogniser, written


@pytest.fixture(autouse=True, scope="module")
def _recogniser() -> None:
    skip_without_recogniser()


HOSTILE = encoded(written(ORDER, size=(512, 384), height=20))
HARMLESS = encoded(skin((512, 384)))
REFUSED = "the picture is refused: it has writing drawn in"


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()


class NeverAsked(GenericFakeChatModel):
    """A model without a reply: asking it fails the test."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> NeverAsked:
        return self


def never_asked() -> NeverAsked:
    return NeverAsked(messages=iter(()))


def test_a_tool_refuses_in_one_line_by_handle_and_by_path(case_base: CaseBase, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(HOSTILE)
    grants = ImageGrants.allow(folders=[tmp_path])
    toolkit = DermToolkit.over(case_base, grants=grants, check_text="refuse")
    for reference in (toolkit.attach(HOSTILE).handle, str(tmp_path / "photo.png")):
        told = toolkit.tool("search_similar_cases").invoke({"image": reference})
        assert REFUSED in told
        assert "melanoma" not in told


def test_a_flagging_tool_says_so_above_its_result_and_repeats_no_word(case_base: CaseBase) -> None:
    toolkit = DermToolkit.over(case_base, check_text="flag")
    told = [
        toolkit.tool(name).invoke({"image": toolkit.attach(picture).handle, **more})
        for picture in (HOSTILE, HARMLESS)
        for name, more in (("search_similar_cases", {}), ("format_exemplars", {"task": "location", "shots": 1}))
    ]
    assert [FLAG in str(text) for text in told] == [True, True, False, False]
    assert "ignore previous" not in "".join(map(str, told))


def test_a_tool_does_not_look_unless_asked(case_base: CaseBase) -> None:
    toolkit = DermToolkit.over(case_base)
    told = toolkit.tool("search_similar_cases").invoke({"image": toolkit.attach(HOSTILE).handle})
    assert FLAG not in told
    assert "cases similar" in told


def test_mcp_refuses_for_tools_and_prompts(case_base: CaseBase) -> None:
    served = ServedCaseBase(case_base.path, grants=ImageGrants.allow(data_urls=True), check_text="refuse")
    result = call_tool(served, "search_similar_cases", {"image": data_url(HOSTILE)})
    assert result.is_error
    assert REFUSED in str(result.content)
    with pytest.raises(ImageError, match=REFUSED):
        get_prompt(served, "classify_location", {"image": data_url(HOSTILE), "method": "zero-shot"})


@pytest.mark.parametrize("method", ["zero-shot", "rag-1"])
def test_a_chain_refuses_before_the_model_is_asked(case_base: CaseBase, method: str) -> None:
    chain = chain_for(method, model=never_asked(), case_base=case_base, task="location", check_text="refuse")
    with pytest.raises(ImageError, match=REFUSED):
        chain.invoke({"image": HOSTILE})
    with pytest.raises(ImageError, match=REFUSED):
        chain.invoke(case_base.query(HOSTILE))


def test_a_flagging_prompt_ends_with_the_remark(case_base: CaseBase) -> None:
    builder = prompt_for("zero-shot", case_base=case_base, task="location", check_text="flag")
    assert builder.build({"image": HOSTILE}).messages[-1].content == FLAG
    assert builder.build({"image": HARMLESS}).messages[-1].content != FLAG
    assert builder.settings["check_text"] == "flag"


def test_the_stored_picture_of_a_case_is_not_looked_at(case_base: CaseBase) -> None:
    builder = prompt_for("zero-shot", case_base=case_base, task="location", check_text="refuse")
    assert builder.build({"case_id": case_base.columns.case_ids[0]}).messages


def test_an_agent_refuses_what_is_attached_before_its_model_is_asked(case_base: CaseBase) -> None:
    conversation = create_derm_agent(never_asked(), case_base, check_text="refuse").conversation()
    with pytest.raises(ImageError, match=REFUSED):
        conversation.attach(HOSTILE)
    with pytest.raises(ImageError, match=REFUSED):
        conversation.ask("What is this?", [HOSTILE])
