"""From a method's name, a case base and a model to a chain, with every choice that makes one prompt differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from dermtools.cases.case import Split, Task
from dermtools.errors import PromptError
from dermtools.images.kinds import OnWriting
from dermtools.prompting.asking.asker import DEFAULT_RETRY, RetryPolicy, Structured
from dermtools.prompting.asking.models import chat_model
from dermtools.prompting.builder import PromptBuilder
from dermtools.prompting.chain import AnswerChain, PromptChain
from dermtools.prompting.exemplars.selectors import ExemplarSelector, NoExemplars, Order, RagSelector, RandomSelector
from dermtools.prompting.files.library import Prompt, PromptLibrary
from dermtools.prompting.former_keyword import takes_base
from dermtools.prompting.method_names import PromptedMethodName, parse_method
from dermtools.prompting.pictures import PictureBudget

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.retrieval.case_base import CaseBase


class PromptChoices(TypedDict, total=False):
    """What may be chosen about how a prompt is filled; all have defaults."""

    library: PromptLibrary | None
    """By default the built-in one."""
    budget: PictureBudget
    layout: str | None
    """How an example is laid out, e.g. `single` or `pairs`; by default the prompt's first layout."""
    order: Order
    """Of retrieved examples."""
    seed: int
    """Of random examples."""
    stratified: bool
    """Random examples in turns from every label."""
    split: Split | Literal["auto", "all"]
    """Where examples come from; by default `train` where the case base has one."""
    where: str | None
    """Further condition on examples."""
    attributes: Sequence[str]
    """Attributes of examples that the prompt shows, where its template has a place for them."""
    variables: Mapping[str, str] | None
    """Values of the prompt's own variables."""
    check_text: OnWriting | None
    """`refuse` or `flag` a picture with writing drawn in, before a model sees it: half a second each, extra `ocr`."""


class PromptOptions(PromptChoices, total=False):
    """What may be chosen about a prompt."""

    prompt: str | Prompt | None
    """Prompt, or its id in the library; by default the one for the task, else the generic one."""


class ChainOptions(PromptOptions, total=False):
    """What may be chosen about a chain: the prompt, and how the model is asked."""

    structured: Structured
    retry: RetryPolicy


@takes_base
def prompt_for(
    method: str, *, case_base: CaseBase | None = None, task: str | Task | None = None, **options: Unpack[PromptOptions]
) -> PromptBuilder:
    """The builder of a method's prompts: shows exactly what would be sent, and sends nothing.

    Args:
        method: `zero-shot`, `random-K`, `rag-K`, `rag-mmr-K`, `rag-balanced-K` or `rag-labels-K`.
        case_base: the case base; not needed for zero-shot with a `Task`.
        task: name of a task of the case base, or a `Task`.
        options: see `PromptOptions`.

    Raises:
        PromptError: unknown method or prompt, or they do not fit together.
        QueryError: no such task, or a bad `where`.
    """
    name = parse_method(method)
    if isinstance(task, str):
        if case_base is None:
            raise PromptError(
                f"task {task!r} by its name needs a case base; give case_base=, or a Task with its labels"
            )
        task = case_base.task(task)
    prompt, selector = _prompt(task, options), _selector(name, case_base, task, options)
    chosen = _given(options, "budget", "layout", "attributes", "variables", "check_text")
    return PromptBuilder(name, prompt, task, selector, case_base=case_base, **chosen)


@takes_base
def chain_for(
    method: str,
    *,
    model: str | BaseChatModel,
    task: str | Task,
    case_base: CaseBase | None = None,
    structured: Structured = "auto",
    retry: RetryPolicy = DEFAULT_RETRY,
    **options: Unpack[PromptOptions],
) -> PromptChain:
    """The chain of a method: `{"image": path | bytes | case id, "note": ...}` to `Prediction`.

    Args:
        method, task, case_base, options: as for `prompt_for`, which also names the errors.
        model: a LangChain chat model, or `provider:model` for `chat_model` (ModelError: it cannot be set up).
        structured: how the answer is asked for; `auto` steps down where the model refuses.
        retry: when a failed call is tried again.
    """
    builder = prompt_for(method, case_base=case_base, task=task, **options)
    return PromptChain(builder, _model(model), structured=structured, retry=retry)


@takes_base
def zero_shot(
    model: str | BaseChatModel, task: str | Task, *, case_base: CaseBase | None = None, **options: Unpack[ChainOptions]
) -> PromptChain:
    """No examples. See `chain_for`."""
    return chain_for("zero-shot", model=model, task=task, case_base=case_base, **options)


@takes_base
def random_few_shot(
    model: str | BaseChatModel, case_base: CaseBase, task: str | Task, *, k: int = 5, **options: Unpack[ChainOptions]
) -> PromptChain:
    """K examples drawn at random, the same for the same picture and seed. See `chain_for`."""
    return chain_for(f"random-{k}", model=model, task=task, case_base=case_base, **options)


@takes_base
def knn_rag(
    model: str | BaseChatModel,
    case_base: CaseBase,
    task: str | Task,
    *,
    k: int = 5,
    diversity: Literal["mmr", "balanced"] | None = None,
    **options: Unpack[ChainOptions],
) -> PromptChain:
    """The K most similar cases as examples. See `chain_for`."""
    kind = "rag" if diversity is None else f"rag-{diversity}"
    return chain_for(f"{kind}-{k}", model=model, task=task, case_base=case_base, **options)


@takes_base
def answer_chain(
    prompt: str | Prompt,
    *,
    model: str | BaseChatModel,
    method: str = "zero-shot",
    case_base: CaseBase | None = None,
    task: str | Task | None = None,
    structured: Structured = "auto",
    retry: RetryPolicy = DEFAULT_RETRY,
    **options: Unpack[PromptChoices],
) -> AnswerChain:
    """The chain of any prompt with an output schema, such as `describe` or `compare`: picture to `Answer`.

    Args and errors as for `chain_for`; `prompt` is the prompt, or its id.
    """
    builder = prompt_for(method, case_base=case_base, task=task, prompt=prompt, **options)
    return AnswerChain(builder, _model(model), structured=structured, retry=retry)


def _model(model: str | BaseChatModel) -> BaseChatModel:
    return chat_model(model) if isinstance(model, str) else model


def _prompt(task: Task | None, options: PromptOptions) -> Prompt:
    prompt, library = options.get("prompt"), options.get("library") or PromptLibrary()
    if prompt is not None:
        return library.get(prompt) if isinstance(prompt, str) else prompt
    if task is None:
        raise PromptError("give a prompt or a task")
    return library.for_task(task)


def _selector(
    name: PromptedMethodName, case_base: CaseBase | None, task: Task | None, options: PromptOptions
) -> ExemplarSelector:
    if name.kind == "zero-shot":
        return NoExemplars()
    if case_base is None:
        raise PromptError(f"{name} needs a case base; give one with case_base=")
    common = _given(options, "split", "where", "budget", "attributes")
    if name.kind == "random":
        return RandomSelector(case_base, task, name.k, **_given(options, "seed", "stratified"), **common)
    return RagSelector(case_base, task, name.k, diversity=name.diversity, **_given(options, "order"), **common)


def _given(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in names if name in options}
