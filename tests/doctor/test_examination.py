"""All of it together: what comes first, what is advised next, and that no secret is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dermtools.doctor import Examination, examine
from dermtools.doctor.health import Health
from dermtools.doctor.installed import Package
from dermtools.doctor.providers import key_variables
from dermtools.doctor.services import Service

SOUND = (Package("numpy", ">=2", "2.4"),)


def examination(*services: Service, packages: tuple[Package, ...] = SOUND, health: Health | None = None) -> Examination:
    return Examination(packages, (), {}, False, services, False, health)


def test_nothing_wrong_says_what_to_try() -> None:
    new = examination()
    assert new.is_healthy
    assert new.next_steps[0].startswith("all is well; a case base: dermtools ingest SOURCE")
    (step,) = examination(health=Health("my cases", cases=3)).next_steps
    assert "dermtools app 'my cases'" in step


def test_what_does_not_work_comes_before_what_could_be_better() -> None:
    advised = Service("anthropic", "api.anthropic.com", "ANTHROPIC_API_KEY", missing_package="langchain-anthropic")
    refused = Service("openai", "api.openai.com", "OPENAI_API_KEY", problem="it refuses the key", remedy="set it anew")
    found = examination(advised, refused)
    assert [one.serious for one in found.findings] == [True, False]
    assert not found.is_healthy
    assert found.next_steps[0] == "openai: it refuses the key: set it anew"
    # What could be better does not make it ill.
    assert examination(advised).is_healthy


def test_three_lines_at_most() -> None:
    refused = [Service(name, "host", None, problem="refuses") for name in "abcde"]
    found = examination(*refused)
    assert len(found.next_steps) == 3
    assert found.next_steps[-1] == "and 3 more: dermtools doctor --json lists all"
    assert len(found.to_json()["findings"]) == 5


@pytest.mark.parametrize("variable", key_variables())
def test_a_key_is_said_to_be_there_and_never_shown(variable: str) -> None:
    found = examine(offline=True, environment={variable: "hunter2"})
    assert [name for name, is_set in found.keys.items() if is_set] == [variable]
    assert "hunter2" not in json.dumps(found.to_json())
    assert "hunter2" not in repr(found)


def test_tracing_is_told(tmp_path: Path) -> None:
    assert examine(offline=True, environment={"LANGSMITH_TRACING": "true"}).is_traced
    assert not examine(offline=True, environment={"LANGSMITH_TRACING": "false"}).is_traced
