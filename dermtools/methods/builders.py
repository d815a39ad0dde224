"""What builds the built-in methods that need more than their class: its parameters are the family's options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.prediction import Method
    from dermtools.prompting.factory import ChainOptions
    from dermtools.retrieval import CaseBase

FUSION_VOTERS = 15
"""Neighbours that vote as a member of the fusion."""


def majority(case_base: CaseBase, task: str) -> Method:
    """Fitted on the train split."""
    from dermtools.adapter import MajorityMethod, task_data

    return MajorityMethod.fit(task_data(case_base.store, task))


def label_similarity(case_base: CaseBase, task: str) -> Method:
    """Texts of the labels, by the case base's embedder."""
    from dermtools.adapter import LabelSimilarityMethod

    return LabelSimilarityMethod(case_base.embedder, case_base.task(task))


def trained(
    case_base: CaseBase,
    task: str,
    name: str,
    *,
    abstain: bool = False,
    coverage: float | None = None,
    precision: float | None = None,
    per_label: bool | None = None,
) -> Method:
    """A trained classifier, calibrated anew where coverage, precision or `per_label` is given; or the fusion.

    The fusion joins the adapter, the neighbours' vote, and the label texts where the embedder reads text.
    """
    from dermtools.adapter import FusionMethod, VectorClassifierMethod, calibrate, load_classifier, task_data
    from dermtools.adapter.answering import USUAL
    from dermtools.retrieval import KNNVote

    given: dict[str, Any] = {"coverage": coverage, "precision": precision, "per_label": per_label}
    guarantees = replace(USUAL, **{name: value for name, value in given.items() if value is not None})
    if name == "fusion":
        members = [trained(case_base, task, "adapter"), KNNVote(case_base, task, FUSION_VOTERS)]
        if case_base.reads_text:
            members.append(label_similarity(case_base, task))
        return FusionMethod.fit(members, task_data(case_base.store, task), wanted=guarantees, abstain=abstain)
    classifier = load_classifier(case_base.store, task, name)
    if any(value is not None for value in given.values()):
        classifier = calibrate(classifier, task_data(case_base.store, task), wanted=guarantees)
    return VectorClassifierMethod(classifier, abstain=abstain)


def prompted(
    case_base: CaseBase,
    task: str,
    name: str,
    model: str | BaseChatModel,
    *,
    prompts: Sequence[str | Path] = (),
    concurrency: int = 8,
    priced_as: str | None = None,
    **options: Unpack[ChainOptions],
) -> Method:
    """A prompt chain as a method; `prompts` are folders of prompt files over the built-in ones."""
    from dermtools.prompting import PromptedMethod, PromptLibrary, chain_for

    if prompts:
        if options.get("library") is not None:
            raise QueryError(f"{name}: give either a library or folders of prompts")
        options["library"] = PromptLibrary(*prompts)
    chain = chain_for(name, model=model, task=task, case_base=case_base, **options)
    named = model if isinstance(model, str) else None
    return PromptedMethod(chain, concurrency=concurrency, priced_as=priced_as or named)
