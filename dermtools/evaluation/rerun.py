"""A run once more, from its folder alone: the same cases, and arms made anew of what was written down of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError
from dermtools.evaluation.evaluation import described
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.differences import Difference, differences, prompt_path
from dermtools.evaluation.running.outside import HeldPredictions, outside_arm
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.running.repeats import repeats_of, with_repeats
from dermtools.evaluation.running.run import Run
from dermtools.evaluation.running.spec import RunSpec
from dermtools.evaluation.scoring import targets
from dermtools.methods import family_of, method

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.caches import BaseCache
    from langchain_core.language_models import BaseChatModel

    from dermtools.retrieval import CaseBase

OPENAI = "https://api.openai.com/v1"
_API = {"api", "temperature", "max_output_tokens", "reasoning_effort"}
_INIT_NAMES = {"azure": "azure_openai", "amazon_bedrock": "bedrock"}
"""Providers that LangChain's `init_chat_model` calls otherwise than its traces do."""


@dataclass(frozen=True)
class Repetition:
    """A run to be performed again, and what is not as it was.

    `spec` is the run to perform, `arms` are its methods made again, and `differences` what is not as it was, none
    where all is.
    """

    spec: RunSpec
    arms: tuple[Arm, ...]
    differences: tuple[Difference, ...]


def repetition(run: Run, case_base: CaseBase, *, cache: BaseCache | None = None) -> Repetition:
    """Make a run's arms anew over its case base, as this is now; `perform` runs them. Sends nothing.

    Cases that are gone are left out. `cache` keeps replies, and answers what it has.

    Raises:
        RunError: an arm cannot be made of what the run says, or no case is left.
        QueryError, TrainingError, PromptError, ModelError: as `dermtools.method`.
    """
    spec = run.spec
    asked = [_arm(run.path, spec, name, case_base, cache) for name in spec.compared]
    arms = tuple(with_repeats(asked, *repeats_of(spec.arms)))
    rows = (case_base.columns.row_of.get(target.case_id) for target in spec.targets)
    left = [case_base.columns.case(row) for row in rows if row is not None]
    try:
        found = targets(left, spec.task.name, spec.rule)
    except QueryError as error:
        raise RunError(f"none of the cases of {run.path} can be scored in {case_base.path} any more") from error
    choices = {name: getattr(spec, name) for name in ("rule", "split", "seed", "limit", "draw")}
    now = described(case_base, spec.task.name, arms, found, **choices)
    return Repetition(now, arms, (*_of_cases(spec, now), *differences(spec, now)))


def _of_cases(before: RunSpec, now: RunSpec) -> list[Difference]:
    """What has become of the cases."""
    found = []
    if len(now.targets) < len(before.targets):
        found.append(Difference("cases", len(before.targets), len(now.targets)))
    was = {target.case_id: target for target in before.targets}
    for field in ("truth", "group_id"):
        changed = [one.case_id for one in now.targets if getattr(was[one.case_id], field) != getattr(one, field)]
        if changed:
            what = f"{field.removesuffix('_id')} of {len(changed)} cases, the first {changed[0]}"
            place = changed[0]
            others = {target.case_id: target for target in now.targets}
            found.append(Difference(what, getattr(was[place], field), getattr(others[place], field)))
    if before.task.labels != now.task.labels:
        found.append(Difference("labels", before.task.labels, now.task.labels))
    return found


def _arm(run: Path, spec: RunSpec, name: str, case_base: CaseBase, cache: BaseCache | None) -> Arm:
    facts = spec.arms[name]
    if spec.made_elsewhere(name):  # the run holds all that is known of it
        held = {case_id: record.prediction for (arm, case_id), record in Run.open(run).answers().items() if arm == name}
        return outside_arm(HeldPredictions(name, spec.task.name, held, dict(facts)))
    called = str(facts.get("method", name))
    try:
        family = family_of(called)
    except QueryError as error:
        raise RunError(
            f"{name} was made by a program or taken from a file; {run} alone cannot repeat it ({error})"
        ) from error
    options = {option: facts[option] for option in family.options if facts.get(option) is not None}
    options.pop("structured", None)  # what was asked first; `auto` finds it again
    if "budget" in family.options and "max_side" in facts:
        from dermtools.evaluation.rebuilding import picture_budget

        options["budget"] = picture_budget(facts)
    if facts.get("prompt_hash"):
        options |= _prompt(run, facts, "prompt" in family.options)
    model = None
    if family.needs_model:
        model = _model(name, facts, cache)
        if "priced_as" in family.options and ":" in str(facts.get("model")):
            options["priced_as"] = facts["model"]
    made = Arm.of(method(called, case_base, spec.task.name, model=model, **options))
    return replace(made, name=name, facts={**made.facts, **{key: facts[key] for key in ("study",) if key in facts}})


def _prompt(run: Path, facts: Mapping[str, Any], one: bool) -> dict[str, Any]:
    """The prompt as the run keeps it; of an earlier version's run, which keeps none, that of the library by its id."""
    from dermtools.prompting import read_prompt

    path = prompt_path(run, facts["prompt"], facts["prompt_hash"])
    if not path.is_file():
        return {"prompt": facts["prompt"]} if one else {}
    return {"prompt": read_prompt(path)} if one else {"prompts": [path.parent]}


def _model(arm: str, facts: Mapping[str, Any], cache: BaseCache | None) -> BaseChatModel:
    """The chat model that an arm asked; its key comes from the environment, as ever."""
    from dermtools.prompting import chat_model

    provider, known = facts.get("provider"), str(facts.get("model", ""))
    if facts.get("model_name") or ":" not in known:
        if provider is None:
            raise RunError(f"the run does not say which provider {arm} asked; evaluate it anew with --model")
        known = f"{_INIT_NAMES.get(provider, provider)}:{facts.get('model_name') or known}"
    given = {name: facts[name] for name in _API & facts.keys() if facts[name] is not None or name == "temperature"}
    given |= facts.get("model_options") or {}
    # A key of the environment is not sent to an address that is given; Azure's comes from the environment with the key.
    address = facts.get("base_url")
    if address not in (None, _usual_address()) and not known.startswith("azure"):
        given["base_url"] = address
    return chat_model(known, cache=cache, **given)


def _usual_address() -> str:
    """Where OpenAI's calls go unless another address is given."""
    named = (os.environ.get(name) for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL"))
    return next(filter(None, named), OPENAI).rstrip("/")
