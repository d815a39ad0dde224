"""Picture and exemplars -> messages -> prediction: the prompt library, exemplar selectors and chains.

    chain = chain_for("rag-5", model="openai:gpt-4.1", base=CaseBase.open("cases"), task="location")
    prediction = chain.invoke({"image": "photo.jpg"})

`prompt_for` builds the same messages and sends nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dermtools.prompting.asking import RetryPolicy as RetryPolicy
    from dermtools.prompting.builder import BuiltPrompt as BuiltPrompt
    from dermtools.prompting.builder import PromptBuilder as PromptBuilder
    from dermtools.prompting.cache import SQLiteCache as SQLiteCache
    from dermtools.prompting.chain import Answer as Answer
    from dermtools.prompting.chain import AnswerChain as AnswerChain
    from dermtools.prompting.chain import PromptChain as PromptChain
    from dermtools.prompting.compile import compile_exemplar as compile_exemplar
    from dermtools.prompting.compile import compile_prompt as compile_prompt
    from dermtools.prompting.estimate import PromptEstimate as PromptEstimate
    from dermtools.prompting.estimate import estimate_prompt as estimate_prompt
    from dermtools.prompting.estimate import price_of as price_of
    from dermtools.prompting.factory import answer_chain as answer_chain
    from dermtools.prompting.factory import chain_for as chain_for
    from dermtools.prompting.factory import knn_rag as knn_rag
    from dermtools.prompting.factory import prompt_for as prompt_for
    from dermtools.prompting.factory import random_few_shot as random_few_shot
    from dermtools.prompting.factory import zero_shot as zero_shot
    from dermtools.prompting.label_set import LabelSet as LabelSet
    from dermtools.prompting.library import Prompt as Prompt
    from dermtools.prompting.library import PromptEntry as PromptEntry
    from dermtools.prompting.library import PromptLibrary as PromptLibrary
    from dermtools.prompting.library import read_prompt as read_prompt
    from dermtools.prompting.method import PromptedMethod as PromptedMethod
    from dermtools.prompting.methods import parse_method as parse_method
    from dermtools.prompting.models import chat_model as chat_model
    from dermtools.prompting.pictures import PictureBudget as PictureBudget
    from dermtools.prompting.plain_text import fenced as fenced
    from dermtools.prompting.preview import preview_html as preview_html
    from dermtools.prompting.rag_selector import RagSelector as RagSelector
    from dermtools.prompting.random_selector import RandomSelector as RandomSelector
    from dermtools.prompting.selectors import ExemplarSelector as ExemplarSelector
    from dermtools.prompting.selectors import NoExemplars as NoExemplars

_HOMES = {
    "Answer": "chain",
    "AnswerChain": "chain",
    "BuiltPrompt": "builder",
    "ExemplarSelector": "selectors",
    "LabelSet": "label_set",
    "NoExemplars": "selectors",
    "PictureBudget": "pictures",
    "Prompt": "library",
    "PromptBuilder": "builder",
    "PromptChain": "chain",
    "PromptEntry": "library",
    "PromptEstimate": "estimate",
    "PromptLibrary": "library",
    "PromptedMethod": "method",
    "RagSelector": "rag_selector",
    "RandomSelector": "random_selector",
    "RetryPolicy": "asking",
    "SQLiteCache": "cache",
    "answer_chain": "factory",
    "chain_for": "factory",
    "chat_model": "models",
    "compile_exemplar": "compile",
    "compile_prompt": "compile",
    "estimate_prompt": "estimate",
    "fenced": "plain_text",
    "knn_rag": "factory",
    "parse_method": "methods",
    "preview_html": "preview",
    "price_of": "estimate",
    "prompt_for": "factory",
    "random_few_shot": "factory",
    "read_prompt": "library",
    "zero_shot": "factory",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    # Lazy: chains and selectors inherit from LangChain classes, and importing those takes a while.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
