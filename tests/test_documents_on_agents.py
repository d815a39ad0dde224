"""What docs/ says to those who build agents: its Python runs as written, its tables of tools are the catalogue's."""

from __future__ import annotations

import io
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from dermtools.prompting import chat_model
from dermtools.retrieval import CaseBase
from dermtools.tools import CATALOG, Result
from tests.support.agent_replies import call, handle_in
from tests.support.openai_replies import Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import ROOT
from tests.support.snippets import snippets
from tests.support.streaming_server import StreamingOpenAIServer

DOCS = ROOT / "docs"


def run(page: str) -> dict[str, Any]:
    """The names that the Python of a page defines, run in order."""
    names: dict[str, Any] = {}
    for snippet in snippets(DOCS / page):
        assert snippet.language == "python"
        exec(compile("\n" * (snippet.line - 1) + snippet.code, page, "exec"), names)
    return names


@pytest.fixture
def folder(case_base: CaseBase, drawn_jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the case base and the photograph that the pages speak of."""
    shutil.copytree(case_base.path, tmp_path / "my-cases")
    (tmp_path / "photo.jpg").write_bytes(drawn_jpeg)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_plain_agent_of_the_page_shows_what_its_tools_found(schemas: OpenAISchemas) -> None:
    def script(_: str, request: dict[str, Any]) -> Any:
        if "cases similar to" in str(request):
            return Say("A hand.")
        return call("search_similar_cases", image=handle_in(request), k=3, show_pictures=True)

    with StreamingOpenAIServer(schemas, script) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        assert run("agents.md")["ask"](model, "Where is it?", "photo.jpg") == "A hand."
        assert [(request.refused, len(request.pictures)) for request in server.requests] == [(None, 1), (None, 4)]


@pytest.mark.usefixtures("folder")
def test_the_agent_that_asks_goes_on_once_it_may(schemas: OpenAISchemas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    look_up = call("search_similar_cases", image="case:drawn_p01_1")
    with StreamingOpenAIServer(schemas, [look_up], default=Say("It may be a foot.")) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k")
        assert run("agents.md")["look_up_if_i_may"](model, "And this?") == "It may be a foot."
        assert "cases similar to" in str(server.requests[-1].messages)


@pytest.mark.usefixtures("folder")
def test_the_retriever_and_the_example_selector_of_the_page_run() -> None:
    names = run("langchain.md")
    assert [document.metadata["rank"] for document in names["documents"]] == [1, 2, 3]
    assert len(names["messages"]) == 2 * 5


def rows(page: str) -> dict[str, str]:
    """Name of a tool to the rest of its row."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return {name: rest for name, rest in re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE) if name in CATALOG}


def test_the_page_on_agents_names_every_tool_and_where_it_is_offered() -> None:
    offered = {name: row.rpartition(" | ")[2] for name, row in rows("agents.md").items()}
    assert list(offered) == list(CATALOG)
    bound = {name for name, spec in CATALOG.items() if spec.asks_model or spec.needs_folder}
    assert {name for name, where in offered.items() if where != "always"} == bound


@pytest.mark.parametrize("name", CATALOG)
def test_the_page_on_json_names_every_field_of_a_tool(name: str) -> None:
    row = re.sub(r"\([^)]*\)", "", rows("json.md")[name])
    own = set(CATALOG[name].result.model_fields) - set(Result.model_fields)
    assert set(re.findall(r"`(\w+)`", row)) == own
