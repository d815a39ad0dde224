"""The graph that a LangGraph server is given, set up from the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dermtools.agent.server import make_graph
from dermtools.errors import DermtoolsError
from dermtools.retrieval import CaseBase
from tests.support.paths import ROOT


@pytest.fixture
def environment(case_base: CaseBase) -> dict[str, str]:
    return {
        "DERMTOOLS_CASEBASE": str(case_base.path),
        "DERMTOOLS_MODEL": "openai:gpt-4.1",
        "DERMTOOLS_BASE_URL": "http://127.0.0.1:9/v1",
    }


def test_a_server_shows_what_context_its_runs_take(environment: dict[str, str]) -> None:
    schema = make_graph(environment).get_context_jsonschema()
    assert schema is not None
    assert sorted(schema["properties"]) == ["hidden_groups", "where"]
    assert all(one["description"] for one in schema["properties"].values())


def test_pictures_go_to_the_folder_that_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    make_graph({**environment, "DERMTOOLS_PICTURES": str(tmp_path / "pictures")})
    assert (tmp_path / "pictures").is_dir()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DERMTOOLS_CASEBASE", "", "DERMTOOLS_CASEBASE is not set"),
        ("DERMTOOLS_CASEBASE", "/nowhere", "no case base"),
        ("DERMTOOLS_MODEL", "", "DERMTOOLS_MODEL is not set; it names a chat model"),
        ("DERMTOOLS_TASK", "nonsense", "nonsense"),
        ("DERMTOOLS_SHOW_PICTURES", "maybe", "DERMTOOLS_SHOW_PICTURES is 'maybe'; it may be 1, 0, or not set"),
        ("DERMTOOLS_CHECK_TEXT", "1", "it may be refuse, flag, or not set"),
    ],
)
def test_a_bad_variable_is_one_line(environment: dict[str, str], name: str, value: str, told: str) -> None:
    with pytest.raises(DermtoolsError, match=told):
        make_graph({**environment, name: value})


def test_the_example_names_its_graph() -> None:
    place = ROOT / "examples" / "langgraph_server"
    named = json.loads((place / "langgraph.json").read_text(encoding="utf-8"))["graphs"]["dermtools"]
    file, _, name = named.partition(":")
    assert f"{name} = make_graph()" in (place / file).read_text(encoding="utf-8")
