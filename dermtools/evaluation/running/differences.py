"""What decided two runs and differs between them: settings, versions, and the text of prompts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dermtools.evaluation.running.run import Run
from dermtools.evaluation.running.spec import LEFT_OUT, RunSpec
from dermtools.prompting.files.library import HASH_SHOWN

_OF_THE_RUN = ("rule", "split", "seed", "limit", "draw")
_TOLD_ELSEWHERE = {LEFT_OUT, "base_version", "study", "repeat"}
ABSENT = "not recorded"


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in two runs.

    `what` names it; `first` and `second` are its values in the two runs.
    """

    what: str
    first: Any
    second: Any

    def sentence(self, first: str, second: str) -> str:
        """In words, with what to call the two runs."""
        return f"{self.what}: {_said(self.first)} {first}, {_said(self.second)} {second}"


def differences(first: RunSpec, second: RunSpec) -> list[Difference]:
    """Settings, case base, arms and packages that differ. Which cases were asked about is left out.

    Arms are paired by name, and those left over by method where that is unambiguous; an arm of one run alone is no
    difference.
    """
    chosen, otherwise = ({name: getattr(spec, name) for name in _OF_THE_RUN} for spec in (first, second))
    found = _unlike(chosen, otherwise)
    one, other = ({name: value for name, value in spec.case_base.items() if name != "path"} for spec in (first, second))
    found += _unlike(one, other, within="case base")
    for name, its_pair in paired_arms(first, second):
        named = name if name == its_pair else f"{name} / {its_pair}"
        found += _unlike(_told(first, name), _told(second, its_pair), within=named)
    return [*found, *_unlike(first.versions, second.versions)]


def _told(spec: RunSpec, arm: str) -> dict[str, Any]:
    return {name: value for name, value in spec.arms[arm].items() if name not in _TOLD_ELSEWHERE}


def paired_arms(first: RunSpec, second: RunSpec) -> list[tuple[str, str]]:
    """Arms of two runs that are to be held against each other."""
    pairs = [(arm, arm) for arm in first.compared if arm in second.compared]
    left = [[arm for arm in spec.compared if (arm, arm) not in pairs] for spec in (first, second)]
    methods = [[spec.arms[arm].get("method") for arm in arms] for spec, arms in zip((first, second), left, strict=True)]
    alone = [m for m in methods[0] if methods[0].count(m) == 1 and methods[1].count(m) == 1]
    return pairs + [(left[0][methods[0].index(m)], left[1][methods[1].index(m)]) for m in alone]


def prompt_diffs(first: Run, second: Run) -> list[str]:
    """A unified diff of every prompt that paired arms were asked with and that says something else, each once."""
    asked = [(asked_with(first, one), asked_with(second, other)) for one, other in paired_arms(first.spec, second.spec)]
    pairs = [(one, other) for one, other in dict.fromkeys(asked) if one is not None and other is not None]
    return [_diff(first.path, second.path, one, other) for one, other in pairs if one != other]


def asked_with(run: Run, arm: str) -> tuple[str, str] | None:
    """Id and hash of an arm's prompt."""
    facts = run.spec.arms[arm]
    return (str(facts["prompt"]), str(facts["prompt_hash"])) if facts.get("prompt_hash") else None


def prompt_path(run: Path, prompt: str, prompt_hash: str) -> Path:
    """Where a run keeps a prompt file."""
    return run / "prompts" / prompt_hash[:HASH_SHOWN] / f"{prompt}.yaml"


def _diff(first: Path, second: Path, one: tuple[str, str], other: tuple[str, str]) -> str:
    files = [prompt_path(first, *one), prompt_path(second, *other)]
    missing = [file for file in files if not file.is_file()]
    if missing:
        named = [f"{prompt} ({prompt_hash[:HASH_SHOWN]})" for prompt, prompt_hash in (one, other)]
        return f"prompts {' and '.join(named)} differ; the run does not keep {missing[0]}"
    before, now = (file.read_text(encoding="utf-8").splitlines() for file in files)
    names = [f"{run.name}/{file.relative_to(run)}" for run, file in zip((first, second), files, strict=True)]
    return "\n".join(difflib.unified_diff(before, now, names[0], names[1], lineterm=""))


def _unlike(first: Mapping[str, Any], second: Mapping[str, Any], within: str = "") -> list[Difference]:
    one, other = (dict(_flat(facts, within)) for facts in (first, second))
    return [
        Difference(name, one.get(name, ABSENT), other.get(name, ABSENT))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    ]


def _flat(facts: Mapping[str, Any], within: str) -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        place = f"{within}: {name}" if within else str(name)
        if isinstance(value, Mapping) and value:
            yield from _flat(value, place)
        else:
            yield place, value


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, Mapping):
        return str(value.get("name", dict(value)))
    return "none" if value is None else str(value)
