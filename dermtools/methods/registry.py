"""Which methods there are, and the one door to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dermtools.adapter.kinds import KINDS
from dermtools.errors import QueryError
from dermtools.methods.family import MethodFamily, matches
from dermtools.prompting.method_names import MAX_SHOTS, WITH_SHOTS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
BUILT_IN = (
    MethodFamily("knn-vote-K", "vote", "dermtools.retrieval.vote:KNNVote"),
    MethodFamily("majority", "baseline", f"{_BUILDERS}:majority"),
    *(MethodFamily(kind, "classifier", f"{_BUILDERS}:classifier") for kind in KINDS),
    MethodFamily("fusion", "fusion", f"{_BUILDERS}:fusion"),
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
        task: what to predict.
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
    return [*known, *sorted(_contributed().keys() - known)]


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
    for pattern, entry in _contributed().items():
        if matches(pattern, name):
            return _loaded(entry)
    raise QueryError(_unknown(name))


def prompted_pattern(max_shots: int) -> str:
    """Regular expression for the names of prompted methods with at most so many examples."""
    numbers = "|".join(map(str, range(1, max_shots + 1)))
    return f"^(zero-shot|({'|'.join(WITH_SHOTS)})-({numbers}))$"


def prompted_words(max_shots: int) -> str:
    """The prompted methods, said to a person or a model."""
    return f"zero-shot, or with K examples (1 to {max_shots}): {', '.join(f'{kind}-K' for kind in WITH_SHOTS)}"


def prompted_names() -> list[str]:
    """Prompted methods to suggest; K may be another number."""
    rag = [f"rag-{k}" for k in (1, 3, 5, 10)]
    return list(dict.fromkeys(["zero-shot", *rag, *(f"{kind}-5" for kind in WITH_SHOTS)]))


def _contributed() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _loaded(entry: EntryPoint) -> MethodFamily:
    what = f"method {entry.name} ({entry.value})"
    try:
        family = entry.load()
    except (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, OSError, RuntimeError) as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise QueryError(f"{what} cannot be imported: {said}; repair or uninstall its package") from error
    if not isinstance(family, MethodFamily) or family.pattern != entry.name:
        raise QueryError(f"{what} is no MethodFamily with the pattern {entry.name}; repair or uninstall its package")
    return family


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    known = patterns()
    near = get_close_matches(re.sub("[0-9]+$", "K", name.lower()), known, n=1, cutoff=0.45)
    example = f", e.g. {near[0][:-1]}5" if near and near[0].endswith("-K") else ""
    guess = f"did you mean {near[0]}{example}? " if near else ""
    return f"no method {name!r}; {guess}there are: {', '.join(known)}"
