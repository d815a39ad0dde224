"""Picture and exemplars -> messages -> prediction: the prompt library, exemplar selectors and chains.

    chain = chain_for("rag-5", model="openai:gpt-4.1", case_base=CaseBase.open("cases"), task="location")
    prediction = chain.invoke({"image": "photo.jpg"})

`prompt_for` builds the same messages and sends nothing.
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.prompting.asking.asker import RetryPolicy as RetryPolicy
    from dermtools.prompting.asking.cache import SQLiteCache as SQLiteCache
    from dermtools.prompting.asking.label_set import LabelSet as LabelSet
    from dermtools.prompting.asking.models import chat_model as chat_model
    from dermtools.prompting.builder import BuiltPrompt as BuiltPrompt
    from dermtools.prompting.builder import PromptBuilder as PromptBuilder
    from dermtools.prompting.chain import Answer as Answer
    from dermtools.prompting.chain import AnswerChain as AnswerChain
    from dermtools.prompting.chain import PromptChain as PromptChain
    from dermtools.prompting.cost.estimate import PromptEstimate as PromptEstimate
    from dermtools.prompting.cost.estimate import estimate_prompt as estimate_prompt
    from dermtools.prompting.cost.estimate import price_of as price_of
    from dermtools.prompting.exemplars.selectors import ExemplarSelector as ExemplarSelector
    from dermtools.prompting.exemplars.selectors import NoExemplars as NoExemplars
    from dermtools.prompting.exemplars.selectors import RagSelector as RagSelector
    from dermtools.prompting.exemplars.selectors import RandomSelector as RandomSelector
    from dermtools.prompting.factory import answer_chain as answer_chain
    from dermtools.prompting.factory import chain_for as chain_for
    from dermtools.prompting.factory import knn_rag as knn_rag
    from dermtools.prompting.factory import prompt_for as prompt_for
    from dermtools.prompting.factory import random_few_shot as random_few_shot
    from dermtools.prompting.factory import zero_shot as zero_shot
    from dermtools.prompting.files.compile import compile_exemplar as compile_exemplar
    from dermtools.prompting.files.compile import compile_prompt as compile_prompt
    from dermtools.prompting.files.library import Prompt as Prompt
    from dermtools.prompting.files.library import PromptEntry as PromptEntry
    from dermtools.prompting.files.library import PromptLibrary as PromptLibrary
    from dermtools.prompting.files.library import read_prompt as read_prompt
    from dermtools.prompting.method_names import parse_method as parse_method
    from dermtools.prompting.pictures import PictureBudget as PictureBudget
    from dermtools.prompting.preview import preview_html as preview_html
    from dermtools.prompting.prompted_method import PromptedMethod as PromptedMethod
    from dermtools.text import fenced as fenced

__getattr__, __dir__, __all__ = exports(__name__)
