"""A prompt as it was: what is built again is what was sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import convert_to_openai_messages

from dermtools.evaluation import Run, RunError, evaluate
from dermtools.evaluation.rebuilding import rebuilt_prompt
from dermtools.methods import method
from dermtools.prompting import PictureBudget, chat_model
from dermtools.retrieval import CaseBase
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.patience import SAFETY_NET

TASK = "location"


@pytest.mark.parametrize("name", ["zero-shot", "random-2", "rag-2", "rag-labels-3"])
def test_it_is_what_was_sent(
    sample_base: CaseBase, schemas: OpenAISchemas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-tests")
    with OpenAIServer(schemas) as server:
        chat = chat_model("openai:gpt-4.1", base_url=server.url, timeout=SAFETY_NET)
        arm = method(name, sample_base, TASK, model=chat, budget=PictureBudget(max_side=96))
        evaluate(sample_base, TASK, [arm], tmp_path / "run", limit=3, concurrency=1, accept_unknown_price=True)
    run = Run.open(tmp_path / "run")
    sent = {request.pictures[-1]: request.messages for request in server.requests}
    assert len(sent) == 3
    for record in run.records():
        built = convert_to_openai_messages(rebuilt_prompt(run, record, sample_base).messages)
        assert built in sent.values()


def test_a_method_without_a_prompt_has_none(sample_base: CaseBase, tmp_path: Path) -> None:
    run = evaluate(sample_base, TASK, [method("knn-vote-3", sample_base, TASK)], tmp_path / "run", limit=1).run
    with pytest.raises(RunError, match="knn-vote-3 asks no prompt of its own"):
        rebuilt_prompt(run, run.records()[0], sample_base)
