"""Which methods there are, and the one door to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dermtools.adapter.kinds import KINDS
from dermtools.errors import QueryError
from dermtools.methods.family import MethodFamily, matches
from dermtools.plugins import contributed, imported
from dermtools.prompting.method_names import MAX_SHOTS, WITH_SHOTS

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase

GROUP = "dermtools.methods"
_BUILDERS = "dermtools.methods.builders"
_CHAIN = "dermtools.prompting.factory:ChainOptions"
_DRAWN = ("seed", "stratified")
_PROMPTED = {
    "zero-shot": ("layout", "order", "split", "where", "attributes", *_DRAWN),
    **{f"{kind}-K": ("order",) if kind == "random" else _DRAWN for kind in WITH_SHOTS},
}
"""Pattern to the options of a chain that mean nothing to it."""
BUILT_IN = (
    MethodFamily("knn-vote-K", "vote", "dermtools.retrieval.vote:KNNVote"),
    MethodFamily("majority", "baseline", f"{_BUILDERS}:majority"),
    *(MethodFamily(kind, "classifier", f"{_BUILDERS}:trained") for kind in KINDS),
    MethodFamily("fusion", "fusion", f"{_BUILDERS}:trained"),
    MethodFamily("label-similarity", "baseline", f"{_BUILDERS}:label_similarity"),
    *(
        MethodFamily(pattern, "prompted", f"{_BUILDERS}:prompted", True, MAX_SHOTS, _CHAIN, without)
        for pattern, without in _PROMPTED.items()
    ),
)


def method(
    name: str, case_base: CaseBase, task: str, *, model: str | BaseChatModel | None = None, **options: Any
) -> Method:
    """The method of a name over a case base.

    Args:
        name: e.g. `knn-vote-5`, `adapter`, `zero-shot`, `rag-5`; `patterns()` lists all.
        case_base: the cases that it learns from, looks up or shows.
        model: for a method that asks one: a LangChain chat model, or `provider:model`.
        options: those of its family, see `family_of(name).options`; others are refused.

    Raises:
        QueryError: no such method or task; an option or a model that it does not take, or a model is missing.
        TrainingError: it has not been trained, or cannot abstain.
        PromptError, ModelError: the prompt does not fit, or the model cannot be set up.
    """
    return family_of(name).build(name, case_base, task, model, options)


def patterns() -> list[str]:
    """All families by the pattern of their names; imports none of them."""
    known = {family.pattern: None for family in BUILT_IN}
    return [*known, *(pattern for pattern in contributed(GROUP) if pattern not in known)]


def families() -> list[MethodFamily]:
    """All families, those of other packages last.

    Raises:
        QueryError: a package that adds one cannot be imported.
    """
    return [family_of(re.sub("-K$", "-1", pattern)) for pattern in patterns()]


def family_of(name: str) -> MethodFamily:
    """The family that a method's name belongs to.

    Raises:
        QueryError: there is none, or its package cannot be imported.
    """
    for family in BUILT_IN:
        if matches(family.pattern, name):
            return family
    for pattern, place in contributed(GROUP).items():
        varied = name.startswith(f"{pattern}-")
        if matches(pattern, name) or varied:
            added = imported(place, f"method {pattern}", QueryError)
            if not isinstance(added, MethodFamily) or added.pattern != pattern:
                raise QueryError(f"method {pattern} ({place}) is no MethodFamily with this pattern; repair its package")
            if not varied or added.variants:
                return added
    raise QueryError(_unknown(name))


def prompted_pattern(max_shots: int) -> str:
    """Regular expression for the names of prompted methods with at most so many examples."""
    return f"^(zero-shot|({'|'.join(WITH_SHOTS)})-({'|'.join(map(str, range(1, max_shots + 1)))}))$"


def prompted_words(max_shots: int) -> str:
    """The prompted methods, said to a person or a model."""
    return f"zero-shot, or with K examples (1 to {max_shots}): {', '.join(f'{kind}-K' for kind in WITH_SHOTS)}"


def prompted_names() -> list[str]:
    """Prompted methods to suggest; K may be another number."""
    return ["zero-shot", *(f"rag-{k}" for k in (1, 3, 10)), *(f"{kind}-5" for kind in WITH_SHOTS)]


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    known, guess = patterns(), ""
    for near in get_close_matches(re.sub("[0-9]+$", "K", name.lower()), known, n=1, cutoff=0.45):
        example = re.sub("-K$", "-5", near)
        guess = f"did you mean {near}? " if example == near else f"did you mean {near}, e.g. {example}? "
    return f"no method {name!r}; {guess}there are: {', '.join(known)}"
