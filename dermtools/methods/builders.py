"""What builds the built-in methods that need more than their class: its parameters are the family's options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.adapter import (
        FusionMethod,
        Guarantees,
        LabelSimilarityMethod,
        MajorityMethod,
        VectorClassifierMethod,
    )
    from dermtools.adapter.kinds import Kind
    from dermtools.prediction import Method
    from dermtools.prompting import PromptedMethod
    from dermtools.prompting.factory import ChainOptions
    from dermtools.retrieval import CaseBase

FUSION_VOTERS = 15
"""Neighbours that vote as a member of the fusion."""


def majority(case_base: CaseBase, task: str) -> MajorityMethod:
    """Fitted on the train split."""
    from dermtools.adapter import MajorityMethod, task_data

    return MajorityMethod.fit(task_data(case_base.store, task))


def label_similarity(case_base: CaseBase, task: str) -> LabelSimilarityMethod:
    """Texts of the labels, by the case base's embedder."""
    from dermtools.adapter import LabelSimilarityMethod

    return LabelSimilarityMethod(case_base.embedder, case_base.task(task))


def classifier(
    case_base: CaseBase,
    task: str,
    name: Kind,
    *,
    abstain: bool = False,
    coverage: float | None = None,
    precision: float | None = None,
) -> VectorClassifierMethod:
    """A trained classifier; calibrated anew where a coverage or precision is given."""
    from dermtools.adapter import VectorClassifierMethod, calibrate, load_classifier, task_data

    trained = load_classifier(case_base.store, task, name)
    if coverage is not None or precision is not None:
        trained = calibrate(trained, task_data(case_base.store, task), wanted=_wanted(coverage, precision))
    return VectorClassifierMethod(trained, abstain=abstain)


def fusion(
    case_base: CaseBase, task: str, abstain: bool = False, coverage: float | None = None, precision: float | None = None
) -> FusionMethod:
    """The adapter and the neighbours' vote, and the label texts where the embedder reads text."""
    from dermtools.adapter import FusionMethod, task_data
    from dermtools.embedding import TextEmbedder
    from dermtools.retrieval import KNNVote

    members: list[Method] = [classifier(case_base, task, "adapter"), KNNVote(case_base, task, FUSION_VOTERS)]
    if isinstance(case_base.embedder, TextEmbedder):
        members.append(label_similarity(case_base, task))
    data = task_data(case_base.store, task)
    return FusionMethod.fit(members, data, wanted=_wanted(coverage, precision), abstain=abstain)


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
) -> PromptedMethod:
    """A prompt chain as a method; `prompts` are folders of prompt files over the built-in ones."""
    from dermtools.prompting import PromptedMethod, PromptLibrary, chain_for

    if prompts:
        if options.get("library") is not None:
            raise QueryError(f"{name}: give either a library or folders of prompts")
        options["library"] = PromptLibrary(*prompts)
    chain = chain_for(name, model=model, task=task, case_base=case_base, **options)
    if priced_as is None and isinstance(model, str):
        priced_as = model
    return PromptedMethod(chain, concurrency=concurrency, priced_as=priced_as)


def _wanted(coverage: float | None, precision: float | None) -> Guarantees:
    from dermtools.adapter.answering import USUAL, Guarantees

    return Guarantees(
        coverage=USUAL.coverage if coverage is None else coverage,
        precision=USUAL.precision if precision is None else precision,
    )
