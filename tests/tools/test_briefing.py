"""Policies of the agent: which there are, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.errors import PromptError
from dermtools.prompting import PromptLibrary
from dermtools.tools import CATALOG
from dermtools.tools.briefing import policy_names, policy_prompt
from tests.support.paths import ROOT

POLICY = """id: agent-mine
version: 1
description: Mine.
template_format: f-string
tools: [search_similar_case]
messages:
  - role: system
    text: Look.
"""


def test_the_policies_are_those_of_all_layers(tmp_path: Path) -> None:
    (tmp_path / "agent-mine.yaml").write_text(POLICY)
    assert policy_names(PromptLibrary()) == ["always", "never", "vote-first", "when-unsure"]
    assert "mine" in policy_names(PromptLibrary(tmp_path))


def test_a_tool_that_there_is_not_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agent-mine.yaml"
    path.write_text(POLICY)
    with pytest.raises(
        PromptError, match=r"no tool 'search_similar_case'; did you mean search_similar_cases"
    ) as caught:
        policy_prompt(PromptLibrary(tmp_path), "mine", CATALOG)
    assert str(caught.value).startswith(str(path))


def test_a_system_prompt_without_a_place_for_the_policy_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "prompts" / "agent.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("  policy:\n")
    (tmp_path / "agent.yaml").write_text(before + rest.partition("\n\n")[2].replace("      {policy}\n", ""))
    with pytest.raises(
        PromptError, match=r"agent.yaml has no place for the policy 'never'; declare the variable policy"
    ):
        policy_prompt(PromptLibrary(tmp_path), "never", CATALOG)
