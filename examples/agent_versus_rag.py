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

from dermtools.agent import AgentMethod, create_derm_agent
from dermtools.cases import load_source
from dermtools.evaluation import evaluate, table_markdown
from dermtools.prompting import PromptedMethod, chain_for, chat_model
from dermtools.retrieval import CaseBase

TASK = "location"
LIMIT = 40


def main(model: BaseChatModel, case_base: CaseBase, out: Path) -> None:
    methods = [
        AgentMethod(create_derm_agent(model, case_base, task=TASK)),
        PromptedMethod(chain_for("rag-5", model=model, case_base=case_base, task=TASK)),
        PromptedMethod(chain_for("zero-shot", model=model, case_base=case_base, task=TASK)),
    ]
    evaluation = evaluate(case_base, TASK, methods, out, limit=LIMIT, accept_unknown_price=True)
    print(table_markdown(evaluation.results))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(chat_model(sys.argv[1]), CaseBase.open(sys.argv[2]), Path("agent-versus-rag"))
    else:
        print(NOTICE)
        with tempfile.TemporaryDirectory() as scratch:
            sample = CaseBase.create(Path(scratch) / "casebase")
            sample.add(load_source("sample"))
            main(StandIn(task=TASK), sample, Path(scratch) / "run")
