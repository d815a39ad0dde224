"""Method names on the command line, turned into methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.adapter import Kind, Wanted
    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase

FUSION_VOTERS = 15
"""Neighbours that vote as a member of the fusion."""


@dataclass(frozen=True)
class MethodOptions:
    """What the caller wants of an answer; None leaves a trained classifier as it was fitted."""

    abstain: bool = False
    coverage: float | None = None
    """Of conformal label sets."""
    precision: float | None = None
    """Wanted of the answers that are given when abstaining."""


def method_for(case_base: CaseBase, task: str, name: str, options: MethodOptions | None = None) -> Method:
    """The method of that name over a case base.

    Raises:
        QueryError: no such method or task, or an option that the method does not have.
        TrainingError: it has not been trained, or cannot abstain.
    """
    from dermtools.retrieval.vote import KNNVote, k_of

    options = options or MethodOptions()
    k = k_of(name)
    plain: dict[str, Callable[[], Method]] = {
        "majority": lambda: _majority(case_base, task),
        "label-similarity": lambda: _label_similarity(case_base, task),
    }
    fitted: dict[str, Callable[[], Method]] = {
        "adapter": lambda: _classifier(case_base, task, "adapter", options),
        "linear-probe": lambda: _classifier(case_base, task, "linear-probe", options),
        "fusion": lambda: _fusion(case_base, task, options),
    }
    case_base.task(task)
    if name in fitted:
        return fitted[name]()
    if k is None and name not in plain:
        raise QueryError(f"no method {name!r}; there are: knn-vote-K, {', '.join([*plain, *fitted])}")
    if options != MethodOptions():
        raise QueryError(f"{name} is not fitted: no abstention, coverage or precision; use {', '.join(fitted)}")
    return KNNVote(case_base, task, k) if k is not None else plain[name]()


def _wanted(options: MethodOptions) -> Wanted:
    from dermtools.adapter import Wanted

    usual = Wanted()
    return Wanted(coverage=options.coverage or usual.coverage, precision=options.precision or usual.precision)


def _classifier(case_base: CaseBase, task: str, kind: Kind, options: MethodOptions) -> Method:
    from dermtools.adapter import VectorClassifierMethod, calibrate, load_classifier, task_data

    classifier = load_classifier(case_base.store, task, kind)
    if options.coverage is not None or options.precision is not None:
        classifier = calibrate(classifier, task_data(case_base.store, task), wanted=_wanted(options))
    return VectorClassifierMethod(classifier, abstain=options.abstain)


def _fusion(case_base: CaseBase, task: str, options: MethodOptions) -> Method:
    from dermtools.adapter import FusionMethod, task_data
    from dermtools.embedding import TextEmbedder
    from dermtools.retrieval import KNNVote

    members: list[Method] = [
        _classifier(case_base, task, "adapter", MethodOptions()),
        KNNVote(case_base, task, FUSION_VOTERS),
    ]
    if isinstance(case_base.embedder, TextEmbedder):
        members.append(_label_similarity(case_base, task))
    data = task_data(case_base.store, task)
    return FusionMethod.fit(members, data, wanted=_wanted(options), abstain=options.abstain)


def _majority(case_base: CaseBase, task: str) -> Method:
    from dermtools.adapter import MajorityMethod, task_data

    return MajorityMethod.fit(task_data(case_base.store, task))


def _label_similarity(case_base: CaseBase, task: str) -> Method:
    from dermtools.adapter import LabelSimilarityMethod

    return LabelSimilarityMethod(case_base.embedder, case_base.task(task))
