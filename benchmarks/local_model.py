"""A small local model as the agent over the drawn sample: what it manages of tool calls, answers and citations.

    python -m benchmarks.local_model model.gguf              # served here by xllamacpp (pip install xllamacpp)
    python -m benchmarks.local_model --base-url http://localhost:8080/v1 --model NAME

It is asked for the site in each picture, which it does not see: it has to give the picture's handle to a tool.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage

from dermtools import CaseBase, load_source
from dermtools.agent import create_derm_agent
from dermtools.agent.answer import ANSWER_TOOL
from dermtools.errors import ModelError
from dermtools.prompting import chat_model
from dermtools.tools import CATALOG

TASK = "location"
MOST_TOKENS = 300
"""Of one reply: a small model that repeats itself is cut off there."""
_LOOKS_LIKE_A_CALL = re.compile(rf"<tool_call>|\b({'|'.join((*CATALOG, ANSWER_TOOL))})\b|\"(name|arguments)\"\s*:")


@dataclass
class Counts:
    """What came of the questions."""

    cases: int = 0
    native: int = 0
    """Calls that the service itself gave as calls."""
    recovered: int = 0
    """Calls written as text, and read as calls."""
    malformed: int = 0
    """Replies that look like a call and could not be read as one, and calls whose arguments are no JSON."""
    refused: int = 0
    """Calls of tools that were told to change their arguments."""
    looked_up: int = 0
    """Questions for which cases were looked up."""
    answered: int = 0
    """Questions with an answer of the label set, or an abstention."""
    right: int = 0
    cited: int = 0
    """Answers that cite a case that was shown."""
    invented: int = 0
    """Answers that cite a case that was not."""
    failed: int = 0
    """Questions that the service gave an error for."""
    seconds: list[float] = field(default_factory=list)

    def line(self, name: str) -> str:
        each = sum(self.seconds) / max(1, len(self.seconds))
        return (
            f"{name}: of {self.cases} questions, {self.answered} answered inside the label set ({self.right} rightly), "
            f"{self.looked_up} after looking cases up, {self.cited} citing a case that was shown, {self.invented} one "
            f"that was not, {self.failed} ended by an error; tool calls: {self.native} native, {self.recovered} "
            f"recovered from text, {self.malformed} malformed, {self.refused} with arguments that a tool refused; "
            f"{each:.0f} s a question"
        )


class _Watch(AgentMiddleware[Any, Any, Any]):
    """Keeps the model's replies as they came, before a call in their text is read as one."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[AIMessage] = []

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        response = handler(request)
        self.replies += [message for message in response.result if isinstance(message, AIMessage)]
        return response


def ask(model: Any, case_base: CaseBase, case_ids: Sequence[str]) -> Counts:
    """The counts of one question for each case."""
    counts, watch = Counts(), _Watch()
    agent = create_derm_agent(model, case_base, task=TASK, show_pictures=False, max_model_calls=6, middleware=[watch])
    for case_id in case_ids:
        counts.cases += 1
        watch.replies.clear()
        conversation = agent.conversation()
        started = time.perf_counter()
        try:
            answer = conversation.ask("Which part of the body does the picture show?", [case_base.jpeg(case_id)])
        except ModelError as error:
            counts.failed += 1
            print(f"{case_id}: {error}", flush=True)
            continue
        finally:
            counts.seconds.append(time.perf_counter() - started)
        native = sum(len(reply.tool_calls) for reply in watch.replies)
        read = sum(len(message.tool_calls) for message in conversation.messages if isinstance(message, AIMessage))
        written = [reply for reply in watch.replies if not reply.tool_calls and _LOOKS_LIKE_A_CALL.search(reply.text)]
        counts.native += native
        counts.recovered += max(0, read - native)
        counts.malformed += sum(len(reply.invalid_tool_calls) for reply in watch.replies)
        counts.malformed += max(0, len(written) - max(0, read - native))
        counts.refused += sum(not use.succeeded for use in answer.tools)
        counts.looked_up += answer.looked_up
        counts.answered += answer.label is not None or answer.abstained
        counts.right += answer.label in case_base.case(case_id).labels.get(TASK, ())
        counts.cited += bool(answer.cited)
        counts.invented += bool(answer.invented)
        print(f"{case_id}: {answer.label or answer.problem}; tools: {[use.name for use in answer.tools]}", flush=True)
    return counts


@contextmanager
def serving(gguf: Path, threads: int) -> Iterator[str]:
    """The model over OpenAI's API on the loopback interface, while used; gives the base URL."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(gguf)
    parameters.n_ctx, parameters.n_parallel = 8192, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


def main(arguments: Sequence[str] | None = None) -> Counts:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf", nargs="?", type=Path, help="an instruct model in GGUF form")
    parser.add_argument("--base-url", help="of a server that speaks OpenAI's chat completions, instead of a file")
    parser.add_argument("--model", default="local", help="the model's name there")
    parser.add_argument("--cases", type=int, default=10, help="how many questions")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args(arguments)
    if (chosen.gguf is None) == (chosen.base_url is None):
        parser.error("give a GGUF file or --base-url, one of them")
    if chosen.gguf is not None:
        with serving(chosen.gguf, chosen.threads) as url:
            return _run(chosen.gguf.stem, url, chosen.cases)
    return _run(chosen.model, chosen.base_url, chosen.cases)


def _run(name: str, base_url: str, cases: int) -> Counts:
    model = chat_model(f"openai:{name}", base_url=base_url, max_output_tokens=MOST_TOKENS, timeout=600)
    with tempfile.TemporaryDirectory() as scratch:
        case_base = CaseBase.create(Path(scratch) / "casebase", embedder="descriptor")
        case_base.add(load_source("sample"))
        tested = [case_id for case_id in case_base.columns.case_ids if case_base.case(case_id).split == "test"]
        counts = ask(model, case_base, tested[:cases])
    print(counts.line(name))
    return counts


if __name__ == "__main__":
    main()
