"""Evaluations of a case base as people have them: methods of this machine, and a model behind a loopback server."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from dermtools.evaluation import evaluate
from dermtools.methods import method
from dermtools.prompting import PromptLibrary, chat_model
from dermtools.retrieval import CaseBase
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.patience import SAFETY_NET

TASK = "diagnosis"
REPLIES = ("BCC", "NEV", "a wart", "ACK", "SEK")
"""What the model says in turn; one is no label."""
HOSTILE = "<img src=x onerror=\"document.title='read'\">"
"""A reply that would be a script, if a page took it for more than text."""


def made_evaluations(case_base: CaseBase, schemas: OpenAISchemas, folder: Path) -> Path:
    """`votes`, `prompted` and `again`, which asks with another text of the same prompt; in a folder of their own."""
    local = [method("knn-vote-5", case_base, TASK), method("adapter", case_base, TASK)]
    evaluate(case_base, TASK, local, folder / "votes", limit=60)
    changed = folder.parent / "prompts"
    changed.mkdir()
    text = PromptLibrary().get(TASK).path.read_text(encoding="utf-8")
    (changed / f"{TASK}.yaml").write_text(text.replace("Look at symmetry", "First look at symmetry"))
    replies: Iterator[str] = cycle((*REPLIES, HOSTILE))
    with OpenAIServer(schemas, lambda api, body: Answer(next(replies))) as server:
        chat = chat_model("openai:gpt-4.1", base_url=server.url, timeout=SAFETY_NET)
        asked = {"model": chat, "priced_as": "openai:gpt-4.1"}
        arms = [method(name, case_base, TASK, **asked) for name in ("zero-shot", "rag-3")]
        evaluate(case_base, TASK, [*arms, local[0]], folder / "prompted", limit=24, concurrency=1)
        arm = method("rag-3", case_base, TASK, prompts=[changed], **asked)
        evaluate(case_base, TASK, [arm], folder / "again", limit=30, concurrency=1)
    return folder
