"""The tools in a LangGraph graph of one's own: ask a model only where classifier and neighbours disagree.

    python examples/toolkit_in_langgraph.py                               # no key needed: a stand-in answers
    python examples/toolkit_in_langgraph.py openai:gpt-4.1 CASEBASE       # a real model, your own case base

The case base needs a linear probe for the task: `dermtools train CASEBASE --task location --kind linear-probe`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langgraph.graph import END, START, StateGraph
from offline.agent_stand_in import NOTICE, StandIn

from dermtools import CaseBase, load_source
from dermtools.adapter import LinearProbeConfig, save_classifier, train
from dermtools.agent import DermToolkit, exemplar_messages
from dermtools.images import data_url
from dermtools.prompting import chat_model

TASK = "location"
QUESTIONS = 6


class State(TypedDict, total=False):
    """Plain data only, so that any checkpointer can keep it; the picture is named, not held."""

    picture: str
    opinions: dict[str, Any]
    label: str
    decided_by: str


def build_graph(model: BaseChatModel, toolkit: DermToolkit) -> Any:
    """START -> classify -> accept | ask -> END."""
    case_base = toolkit.workspace.case_base

    def use(name: str, **arguments: Any) -> dict[str, Any]:
        call = {"type": "tool_call", "id": name, "name": name, "args": arguments}
        message = toolkit.tool(name).invoke(call)
        if message.status == "error":
            raise SystemExit(message.text)
        return message.artifact

    def classify(state: State) -> State:
        return {"opinions": use("classify_with_adapter", image=state["picture"], task=TASK, kind="linear-probe")}

    def accept(state: State) -> State:
        return {"label": state["opinions"]["classifier"]["label"], "decided_by": "classifier and neighbours agree"}

    def ask(state: State) -> State:
        exemplars = use("format_exemplars", image=state["picture"], task=TASK, shots=5)
        task = case_base.task(TASK)
        rules = f"{task.question} Answer with one of these and nothing else:\n" + "\n".join(
            f"- {label}" for label in task.labels
        )
        picture = data_url(case_base.jpeg(state["picture"].removeprefix("case:")))
        question = HumanMessage([{"type": "image_url", "image_url": {"url": picture}}])
        reply = model.invoke([SystemMessage(rules), *exemplar_messages(exemplars["messages"], case_base), question])
        return {"label": str(reply.text).strip(), "decided_by": "model, with 5 exemplars"}

    graph = StateGraph(State)
    for node in (classify, accept, ask):
        graph.add_node(node)
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", lambda state: "accept" if state["opinions"]["agree"] else "ask")
    graph.add_edge("accept", END)
    graph.add_edge("ask", END)
    return graph.compile()


def main(model: BaseChatModel, case_base: CaseBase) -> None:
    graph = build_graph(model, DermToolkit.over(case_base))
    test = [case_id for case_id in case_base.columns.case_ids if case_base.case(case_id).split == "test"]
    for case_id in test[:QUESTIONS]:
        state = graph.invoke({"picture": f"case:{case_id}"})
        truth = ", ".join(case_base.case(case_id).labels.get(TASK, ("unknown",)))
        print(f"{case_id}: {state['label']} ({state['decided_by']}); truth: {truth}")
    print("For research; not a diagnosis.")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(chat_model(sys.argv[1]), CaseBase.open(sys.argv[2]))
    else:
        print(NOTICE)
        with tempfile.TemporaryDirectory() as scratch:
            sample = CaseBase.create(Path(scratch) / "casebase", embedder="descriptor")
            sample.add(load_source("sample"))
            save_classifier(sample.path, train(sample.store, TASK, LinearProbeConfig()))
            main(StandIn(task=TASK), sample)
