"""A prompt of your own against the built-in one, each with all three methods, on a few test cases.

    python examples/compare_prompts.py                            # no key needed: a stand-in answers
    python examples/compare_prompts.py openai:gpt-4.1 CASEBASE    # a real model, your own case base

The stand-in is no language model: it compares colours with the examples in the prompt. It is there so that
everything can be tried for nothing, and its figures say nothing about any model.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel, SimpleChatModel
from langchain_core.messages import BaseMessage
from PIL import Image

from dermtools import CaseBase, chain_for, load_source
from dermtools.prompting import PromptLibrary, preview_html, price_of

TASK = "location"
METHODS = ("zero-shot", "random-5", "rag-5")
QUESTIONS = 12


class StandIn(SimpleChatModel):
    """Answers with the label of the example whose colours are most like the question's; guesses without examples."""

    @property
    def _llm_type(self) -> str:
        return "stand-in"

    def _call(self, messages: list[BaseMessage], *_: Any, **__: Any) -> str:
        pictures, told = [], []
        for message in messages[1:]:
            blocks = (
                message.content if isinstance(message.content, list) else [{"type": "text", "text": message.content}]
            )
            for block in blocks:
                if block["type"] == "image_url":
                    pictures.append(_colours(block["image_url"]["url"]))
                elif message.type == "ai" or block["text"].startswith("Answer: "):
                    told.append(block["text"].removeprefix("Answer: "))
        listed = [line[2:].partition(":")[0] for line in messages[0].text.splitlines() if line.startswith("- ")]
        *shown, question = pictures
        gaps = [float(np.abs(question - colours).sum()) for colours in shown]
        label = told[int(np.argmin(gaps))].partition(" | ")[0] if told else listed[0]
        wants_fields = '"evidence"' in messages[-1].text
        return json.dumps({"evidence": "colours alike", "label": label}) if wants_fields else label


def _colours(url: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    return np.asarray(image.resize((4, 4)), dtype=np.float32)


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
            main(StandIn(), sample)
