"""A prompt of your own against the built-in one, each with all three methods, on a few test cases.

    python examples/compare_prompts.py                            # no key needed: a stand-in answers
    python examples/compare_prompts.py openai:gpt-4.1 CASEBASE    # a real model, your own case base

The stand-in is no language model: it compares colours with the examples in the prompt. It is there so that
everything can be tried for nothing, and its figures say nothing about any model.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from offline.colour_stand_in import ColourStandIn

from dermtools import CaseBase, chain_for, load_source
from dermtools.prompting import PromptLibrary, preview_html, price_of

TASK = "location"
METHODS = ("zero-shot", "random-5", "rag-5")
QUESTIONS = 12


def main(model: str | BaseChatModel, case_base: CaseBase) -> None:
    library = PromptLibrary(Path(__file__).parent)
    columns = case_base.columns
    test = [case_id for case_id, split in zip(columns.case_ids, columns.splits, strict=True) if split == "test"]
    questions = [case_id for case_id in test if case_base.case(case_id).labels.get(TASK)][:QUESTIONS]

    print(f"{'prompt':10} {'method':10} {'right':>7} {'invalid':>8} {'tokens':>8} {'dollars':>9}")
    for prompt in ("location", "my-prompt"):
        for method in METHODS:
            chain = chain_for(method, model=model, case_base=case_base, task=TASK, prompt=prompt, library=library)
            predictions = chain.batch([{"case_id": case_id} for case_id in questions], {"max_concurrency": 4})
            truths = [case_base.case(case_id).labels[TASK] for case_id in questions]
            right = sum(p.label in truth for p, truth in zip(predictions, truths, strict=True))
            invalid = sum(p.label is None for p in predictions)
            usage = [p.usage for p in predictions if p.usage is not None]
            tokens = [sum(u.input_tokens for u in usage), sum(u.output_tokens for u in usage)]
            dollars = price_of(model, *tokens) if isinstance(model, str) else 0.0
            price = "unknown" if dollars is None else f"{dollars:.4f}"
            print(f"{prompt:10} {method:10} {right:3}/{len(questions):<3} {invalid:8} {sum(tokens):8} {price:>9}")

    # What exactly went out, for one of them: a page to look at.
    built = chain.builder.build({"case_id": questions[0]})
    page = Path("prompt.html")
    estimate = chain.builder.estimate(built, "openai:gpt-4.1")
    strip = {"exemplars": built.exemplars, "schema": chain.builder.schema}
    page.write_text(preview_html(built.messages, estimate, **strip), encoding="utf-8")
    print("the last prompt, as it was sent:", page)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(sys.argv[1], CaseBase.open(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            sample = CaseBase.create(Path(scratch) / "casebase", embedder="descriptor")
            sample.add(load_source("sample"))
            main(ColourStandIn(), sample)
