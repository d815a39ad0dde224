"""An experiment: is an agent that looks cases up as it sees fit better than RAG-5, and than no examples at all?

    python examples/agent_versus_rag.py                               # no key needed: a stand-in answers
    python examples/agent_versus_rag.py openai:gpt-4.1 CASEBASE       # a real model, your own case base: costs money

All three are methods behind one protocol, asked about the same test cases, and compared with honest statistics.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from offline.agent_stand_in import NOTICE, StandIn

from dermtools import CaseBase, evaluate, load_source, method
from dermtools.evaluation import table_markdown
from dermtools.prompting import chat_model

TASK = "location"
LIMIT = 40


def main(model: BaseChatModel, case_base: CaseBase, out: Path) -> None:
    methods = [method(name, case_base, TASK, model=model) for name in ("agent", "rag-5", "zero-shot")]
    evaluation = evaluate(case_base, TASK, methods, out, limit=LIMIT, accept_unknown_price=True)
    print(table_markdown(evaluation.results))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(chat_model(sys.argv[1]), CaseBase.open(sys.argv[2]), Path("agent-versus-rag"))
    else:
        print(NOTICE)
        with tempfile.TemporaryDirectory() as scratch:
            sample = CaseBase.create(Path(scratch) / "casebase", embedder="descriptor")
            sample.add(load_source("sample"))
            main(StandIn(task=TASK), sample, Path(scratch) / "run")
