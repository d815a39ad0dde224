"""Every door by which something of a case base of patients goes out: what it sends, as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from langchain_core.tools.retriever import create_retriever_tool
from langchain_core.tracers.context import collect_runs
from mcp import Client
from mcp_types import PromptReference, ResourceTemplateReference

from dermtools.agent import DermToolkit, ImageGrants
from dermtools.cli.app import app
from dermtools.errors import DermtoolsError
from dermtools.evaluation import evaluate
from dermtools.evaluation.reporting.report import publish
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.methods import method
from dermtools.prompting import RagSelector, SQLiteCache, chat_model
from dermtools.retrieval import CaseBase, KNNVote
from dermtools.retrieval.retriever import SimilarCaseRetriever
from dermtools.retrieval.vector_store import CaseVectorStore
from tests.support.agent_replies import call, final
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import bytes_below
from tests.support.patience import SAFETY_NET
from tests.support.patient_table import PROMPT
from tests.support.streaming_server import StreamingOpenAIServer

QUERY = "pictures/07.jpg"
TASK = "diagnosis"
TOOLS: dict[str, dict[str, Any]] = {
    "search_similar_cases": {"image": f"case:{QUERY}", "k": 10, "show_pictures": True},
    "get_case": {"case_id": QUERY},
    "describe_case_base": {},
    "format_exemplars": {"task": TASK, "image": f"case:{QUERY}"},
    "classify_with_adapter": {"task": TASK, "image": f"case:{QUERY}"},
}
REFUSED: dict[str, dict[str, Any]] = {
    "search_similar_cases": {"image": f"case:{QUERY}", "where": "patient = 'x'"},
    "get_case": {"case_id": "pictures/7.jpg"},
    "describe_case_base": {"task": "clinical"},
}


class Clinic:
    """A case base of patients, and the doors by which something of it goes out."""

    def __init__(self, case_base: CaseBase, schemas: OpenAISchemas, folder: Path) -> None:
        self.case_base, self.schemas, self.folder = case_base, schemas, folder
        self.path = case_base.path
        (folder / "prompts").mkdir()
        (folder / "prompts" / "mine.yaml").write_text(PROMPT)

    def asked(self, name: str, *replies: Any, **model_options: Any) -> bytes:
        """What a method that asks a model sends, and what it gives back."""
        with StreamingOpenAIServer(self.schemas, replies, default=Answer("naevus")) as server:
            model = chat_model("openai:gpt-4.1", base_url=server.url, timeout=SAFETY_NET, **model_options)
            options: dict[str, Any] = {}
            if name.startswith("r"):
                options["attributes"] = sorted(self.case_base.attributes.shown)
            if name != "agent":
                options["prompt"] = "mine"
            chosen = method(name, self.case_base, TASK, model=model, prompts=[self.folder / "prompts"], **options)
            prediction = chosen.predict(self.case_base.query(case_id=QUERY))
            assert prediction.label is not None, prediction.reason
            sent = [request.body for request in server.requests]
        return f"{json.dumps(sent)}{prediction.model_dump_json()}{chosen.settings}".encode()

    def by_agent(self) -> bytes:
        calls = [call(name, **arguments) for name, arguments in (*TOOLS.items(), *REFUSED.items())]
        return self.asked("agent", *calls, final("naevus"))

    def by_cache(self) -> bytes:
        file = self.folder / "replies.sqlite"
        self.asked("rag-3", cache=SQLiteCache(file))
        return b"".join(one.read_bytes() for one in self.folder.glob("replies.sqlite*"))

    def predicted(self, name: str) -> bytes:
        return (
            method(name, self.case_base, TASK).predict(self.case_base.query(case_id=QUERY)).model_dump_json().encode()
        )

    def by_tool(self, name: str, arguments: dict[str, Any]) -> bytes:
        tool = DermToolkit.over(self.case_base).tool(name)
        message = tool.invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
        return f"{tool.description}{tool.args}{message.content}{json.dumps(message.artifact)}".encode()

    def by_mcp(self) -> bytes:
        server = CaseBaseServer(ServedCaseBase(self.path, grants=ImageGrants()))
        heard: list[Any] = []

        async def ask() -> None:
            async with Client(server.protocol) as client:
                heard.extend([await client.list_tools(), await client.list_resources(), await client.list_prompts()])
                for calls in (TOOLS, REFUSED):
                    heard.extend([await client.call_tool(name, arguments) for name, arguments in calls.items()])
                for uri in (f"cases/{QUERY.replace('/', '%2F')}", "case-base", f"tasks/{TASK}/labels/naevus"):
                    heard.append(await client.read_resource(f"dermtools://{uri}"))
                wanted = {"image": f"case:{QUERY}", "method": "rag-3"}
                heard.append(await client.get_prompt("compare_with_similar_cases", {**wanted, "task": TASK}))
                heard.append(await client.get_prompt(f"classify_{TASK}", wanted))
                heard.append(await client.get_prompt("work_with_the_case_base"))
                template = ResourceTemplateReference(uri="dermtools://cases/{case_id}")
                heard.append(await client.complete(template, {"name": "case_id", "value": ""}))
                prompt = PromptReference(name=f"classify_{TASK}")
                heard.append(await client.complete(prompt, {"name": "image", "value": ""}))

        anyio.run(ask)
        return "".join(one.model_dump_json() for one in heard).encode()

    def by_retriever(self) -> bytes:
        retriever = SimilarCaseRetriever(case_base=self.case_base, k=10)
        tool = create_retriever_tool(retriever, "cases", "Similar cases.", response_format="content_and_artifact")
        message = tool.invoke({"type": "tool_call", "id": "1", "name": "cases", "args": {"query": f"case:{QUERY}"}})
        return f"{message.content}{message.artifact}{retriever.invoke(f'case:{QUERY}')}".encode()

    def by_vector_store(self) -> bytes:
        store = CaseVectorStore(self.case_base)
        found = store.as_retriever(search_kwargs={"k": 10}).invoke(f"case:{QUERY}")
        return f"{found}{store.get_by_ids([QUERY])}".encode()

    def by_selector(self) -> bytes:
        shown = sorted(self.case_base.attributes.shown)
        selector = RagSelector(self.case_base, self.case_base.task(TASK), 5, attributes=shown)
        return repr(selector.select_examples({"case_id": QUERY})).encode()

    def by_trace(self) -> bytes:
        with collect_runs() as traced:
            self.by_agent()
            self.asked("rag-3")
            self.by_retriever()
        runs, found = list(traced.traced_runs), []
        while runs:
            run = runs.pop()
            runs += run.child_runs
            found.append(f"{run.serialized}{run.inputs}{run.outputs}{run.error}{run.events}{run.extra}")
        assert len(found) > 20
        return "".join(found).encode()

    def by_notebook(self) -> bytes:
        found = self.case_base.search(case_id=QUERY, k=10)
        return f"{found._repr_html_()}{found!r}{found[0]!r}{json.dumps(found.to_json())}".encode()

    def by_run(self) -> bytes:
        """A run's folder: records, figures, and the page."""
        arms = [KNNVote(self.case_base, TASK, 5)]
        done = evaluate(self.case_base, TASK, arms, self.folder / "run")
        publish(done.run, done.results, self.case_base)
        return bytes_below(self.folder / "run")

    def by_error(self) -> bytes:
        """What it says that cannot be done, in Python."""
        said = []
        for wrong in (
            lambda: self.case_base.search(case_id=QUERY, where_shown="patient = 'x'"),
            lambda: self.case_base.search(case_id=QUERY, where_shown="clinicalnote = 'x'"),
            lambda: self.case_base.case("pictures/7.jpg"),
            lambda: SimilarCaseRetriever(case_base=self.case_base).invoke("case:pictures/7.jpg"),
        ):
            with pytest.raises(DermtoolsError) as caught:
                wrong()
            said.append(str(caught.value))
        return "".join(said).encode()


COMMANDS = {
    "search": ("search", "--case", QUERY, "-k", "10", "--json", "--html", "PAGE"),
    "classify": ("classify", "--case", QUERY, "--task", TASK, "--json"),
    "prompt": ("prompt", "--case", QUERY, "--task", TASK, "--json", "--html", "PAGE"),
}
DOORS: dict[str, Callable[[Clinic], bytes]] = {
    **{
        name: lambda clinic, name=name: clinic.asked(name)
        for name in ("zero-shot", "random-3", "rag-3", "rag-mmr-3", "rag-balanced-3", "rag-labels-3")
    },
    **{name: lambda clinic, name=name: clinic.predicted(name) for name in ("knn-vote-5", "adapter", "fusion")},
    **{f"tool {name}": lambda clinic, name=name: clinic.by_tool(name, TOOLS[name]) for name in TOOLS},
    **{f"refusing {name}": lambda clinic, name=name: clinic.by_tool(name, REFUSED[name]) for name in REFUSED},
    **{
        f"{name} (CLI)": lambda clinic, name=name: by_command(clinic, *COMMANDS[name]) for name in COMMANDS
    },
    **{
        name: getattr(Clinic, f"by_{name}")
        for name in (
            "agent", "cache", "mcp", "retriever", "vector_store", "selector", "trace", "notebook", "run", "error",
        )
    },
}  # fmt: skip
SHOWING = {
    "random-3", "rag-3", "rag-mmr-3", "rag-balanced-3", "rag-labels-3", "tool search_similar_cases", "tool get_case",
    "tool describe_case_base", "tool format_exemplars", "refusing search_similar_cases", "search (CLI)", "agent", "mcp",
    "retriever", "vector_store", "selector", "trace", "notebook", "run", "error",
}  # fmt: skip
"""Doors by which a shown attribute does go out."""


def by_command(clinic: Clinic, command: str, *arguments: str) -> bytes:
    page = clinic.folder / f"{command}.html"
    app(
        [command, str(clinic.path), *(str(page) if word == "PAGE" else word for word in arguments)],
        standalone_mode=False,
    )
    return page.read_bytes() if page.exists() else b""
