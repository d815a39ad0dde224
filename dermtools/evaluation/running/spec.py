"""What a run is: everything needed to repeat it, and what it may be resumed with."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import Task
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.scoring import Rule, Target

FORMAT = 1
LEFT_OUT = "left_out"
"""The fact of an arm that tells what its service refused: learned by asking, and no other arm."""
# Of facts that earlier versions did not write down: what goes on with a run of theirs.
_USUAL: dict[str, list[Any]] = {
    "base_url": [None, "https://api.openai.com/v1"],
    "api": [None, "chat"],
    "temperature": [None, 0.0],
    "reasoning_effort": [None],
    "max_tool_calls": [24],
    "show_pictures": [True],
    "attributes": [[]],
    "variables": [{}],
}
_PACKAGES = (
    *("dermtools", "numpy", "scipy", "torch", "faiss-cpu", "pylance", "pillow", "onnxruntime", "transformers"),
    *("langchain", "langchain-core", "langchain-openai", "openai"),
)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


class RunSpec(BaseModel):
    """Everything needed to repeat a run: `run.json`.

    `format` is that of the file. `task` is what is predicted, `rule` when an answer with several true labels is right,
    `split` where the cases are from (None: all), `seed` what they were drawn with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    task: Task
    rule: Rule
    split: str | None
    seed: int
    limit: int | None = Field(default=None, description="cases drawn from the split, with the seed; None takes all")
    draw: str = Field(default="cases", description="how `limit` cases were drawn: `nested`, earlier one by one")
    case_base: dict[str, Any] = Field(description="path, version, embedder and sources of the case base")
    targets: tuple[Target, ...] = Field(description="the cases asked about, with their truth, in order")
    arms: dict[str, dict[str, Any]] = Field(description="arm name to method, model, parameters, prompt id and hash")
    versions: dict[str, str] = Field(default_factory=_versions, description="software that the run began with")

    @property
    def compared(self) -> list[str]:
        """Arms that are rows of the table: all but repetitions of others."""
        return [arm for arm, facts in self.arms.items() if "repeat" not in facts]

    def made_elsewhere(self, arm: str) -> bool:
        """Whether the answers of an arm came from a file; what they took and cost is not known."""
        return {"file", "sha256"} <= self.arms[arm].keys()

    @property
    def groups(self) -> int:
        """Groups (patients, encounters) among the cases."""
        return len({target.group_id for target in self.targets})


def resumed(existing: RunSpec, requested: RunSpec, path: Path) -> RunSpec:
    """The existing description with the arms, and with the further cases, of the requested one.

    Raises:
        RunError: they differ in something else.
    """
    for name in ("task", "rule", "split", "seed", "case_base"):
        before, now = getattr(existing, name), getattr(requested, name)
        if name == "case_base":  # it may have been moved
            before, now = ({**facts, "path": None} for facts in (before, now))
        if before != now:
            raise RunError(f"{path} was begun with another {name.replace('_', ' ')}; choose another folder")
    sample = _goes_on_with(existing, requested)
    if sample is None:
        what = "targets" if existing.limit == requested.limit else f"limit ({existing.limit or 'none'})"
        raise RunError(f"{path} was begun with another {what}; choose another folder")
    for arm, facts in requested.arms.items():
        if changes := differing(existing.arms.get(arm, facts), facts):
            raise RunError(f"{path} was begun with another {arm} ({changes}); choose another folder")
    told = {arm: {**facts, **joined(existing.arms.get(arm, {}), facts)} for arm, facts in requested.arms.items()}
    cases = {name: getattr(sample, name) for name in ("limit", "draw", "targets")}
    return existing.model_copy(update={"arms": {**existing.arms, **told}, **cases})


def _goes_on_with(existing: RunSpec, requested: RunSpec) -> RunSpec | None:
    """Whose cases a run goes on with: its own, or more of them; None where others are asked for."""
    if existing.limit == requested.limit:
        drawn_otherwise = existing.limit is not None and existing.draw != requested.draw
        return existing if drawn_otherwise or existing.targets == requested.targets else None
    return requested if set(requested.targets) > set(existing.targets) else None


def joined(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a service refused earlier and now, where anything."""
    refused = list(dict.fromkeys([*before.get(LEFT_OUT, ()), *now.get(LEFT_OUT, ())]))
    return {LEFT_OUT: refused} if refused else {}


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The facts that differ. What an earlier version did not write down counts as what was usual then."""
    names = [name for name in sorted({*before, *now} - {LEFT_OUT}) if before.get(name) != now.get(name)]
    unlike = [name for name in names if name in before or now[name] not in _USUAL.get(name, [now[name]])]
    return ", ".join(f"{name}: {before.get(name)!r} then, {now.get(name)!r} now" for name in unlike)
