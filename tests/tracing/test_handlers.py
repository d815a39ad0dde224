"""Traces of every way to ask: LangSmith's own client sends no byte of a picture, unless that was chosen."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.tracers.context import collect_runs
from langchain_core.tracers.langchain import LangChainTracer
from PIL import Image

from dermtools.agent import DermContext, DermToolkit, create_derm_agent
from dermtools.cases import Case, SourceCase, SourceData, Task
from dermtools.images import data_url
from dermtools.prediction import Outcome
from dermtools.prompting import chain_for, chat_model
from dermtools.prompting.chain import PromptChain
from dermtools.retrieval import CaseBase
from dermtools.retrieval.retriever import SimilarCaseRetriever
from dermtools.tools import ImageGrants
from dermtools.tracing import TRACE_PICTURES, private_config
from tests.support.agent_replies import QUICK, call, final, handle_in
from tests.support.chains import chain
from tests.support.langsmith_server import LangSmithServer, pictures_in
from tests.support.openai_replies import Fail, Reply
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.patience import SAFETY_NET
from tests.support.pictures import picture
from tests.support.streaming_server import StreamingOpenAIServer

METHODS = ("zero-shot", "random-3", "rag-3")


async def _collected(parts: Any) -> list[Any]:
    return [part async for part in parts]


CHAIN_WAYS: dict[str, Callable[[PromptChain, Any], Any]] = {
    "invoke": lambda asking, value: asking.invoke(value),
    "ainvoke": lambda asking, value: asyncio.run(asking.ainvoke(value)),
    "stream": lambda asking, value: list(asking.stream(value)),
    "astream": lambda asking, value: asyncio.run(_collected(asking.astream(value))),
    "batch": lambda asking, value: asking.batch([value, value]),
    "abatch": lambda asking, value: asyncio.run(asking.abatch([value, value])),
    "astream_events": lambda asking, value: asyncio.run(_collected(asking.astream_events(value, version="v2"))),
}
AGENT_WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "ask": lambda agent, picture: agent.ask("Where?", [picture]),
    "aask": lambda agent, picture: asyncio.run(agent.aask("Where?", [picture])),
    "stream": lambda agent, picture: list(agent.conversation().stream("Where?", [picture])),
    "astream": lambda agent, picture: asyncio.run(_collected(agent.conversation().astream("Where?", [picture]))),
    "graph": lambda agent, picture: agent.graph.invoke(_question(picture), context=DermContext()),
    "graph, events": lambda agent, picture: asyncio.run(
        _collected(agent.graph.astream_events(_question(picture), context=DermContext(), version="v2"))
    ),
    "graph, batch": lambda agent, picture: agent.graph.batch([_question(picture)], context=DermContext()),
}


def _question(picture: bytes) -> dict[str, Any]:
    block = {"type": "image_url", "image_url": {"url": data_url(picture)}}
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where?"}, block]}]}


def search_then_answer(api: str, request: dict[str, Any]) -> Reply:
    if "cases similar to" in json.dumps(request):
        return final("foot")
    return call("search_similar_cases", image=handle_in(request), k=4, show_pictures=True)


@pytest.fixture
def langsmith() -> Iterator[LangSmithServer]:
    with LangSmithServer() as server:
        yield server


@pytest.fixture(scope="session")
def stored(case_base: CaseBase, drawn_jpeg: bytes) -> list[bytes]:
    """The pictures of the case base, and the patient's."""
    return [drawn_jpeg, *case_base.jpegs(list(case_base.columns.row_of)).values()]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", CHAIN_WAYS)
def test_a_chain_is_traced_without_pictures(
    schemas: OpenAISchemas,
    case_base: CaseBase,
    langsmith: LangSmithServer,
    stored: list[bytes],
    drawn_jpeg: bytes,
    way: str,
    method: str,
) -> None:
    with StreamingOpenAIServer(schemas) as server:
        asking = chain(server, case_base, method)
        with langsmith.tracing():
            CHAIN_WAYS[way](asking, {"image": drawn_jpeg, "note": "itches"})
        sent = [picture for request in server.requests for picture in request.pictures]
    assert len(sent) >= (1 if method == "zero-shot" else 4)
    assert {"llm"} <= {run["run_type"] for run in langsmith.runs}
    assert b"itches" in langsmith.sent
    assert pictures_in(langsmith.sent, [*stored, *sent]) == 0


@pytest.mark.parametrize("way", AGENT_WAYS)
def test_an_agent_is_traced_without_pictures(
    schemas: OpenAISchemas,
    case_base: CaseBase,
    langsmith: LangSmithServer,
    stored: list[bytes],
    drawn_jpeg: bytes,
    way: str,
) -> None:
    with StreamingOpenAIServer(schemas, search_then_answer) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, api_key="k", timeout=SAFETY_NET)
        agent = create_derm_agent(model, case_base, task="location", retry=QUICK)
        with langsmith.tracing():
            AGENT_WAYS[way](agent, drawn_jpeg)
        sent = [picture for request in server.requests for picture in request.pictures]
    assert len(sent) == 6, "the patient's twice, and four that were found"
    assert {"chain", "llm", "tool"} <= {run["run_type"] for run in langsmith.runs}
    assert pictures_in(langsmith.sent, [*stored, *sent]) == 0
    assert str(case_base.path).encode() not in langsmith.sent


@pytest.mark.parametrize("is_async", [False, True])
def test_tools_and_the_retriever_are_traced_without_pictures_and_paths(
    case_base: CaseBase,
    langsmith: LangSmithServer,
    stored: list[bytes],
    drawn_jpeg: bytes,
    tmp_path: Path,
    is_async: bool,
) -> None:
    photo = tmp_path / "Hans Mueller" / "1.jpg"
    photo.parent.mkdir()
    photo.write_bytes(drawn_jpeg)
    toolkit = DermToolkit.over(case_base, grants=ImageGrants.allow(folders=[tmp_path], data_urls=True))
    retriever = SimilarCaseRetriever(case_base=case_base, allow=(tmp_path,))
    ways: list[tuple[Any, Any]] = [
        (toolkit.tool("search_similar_cases"), {"image": data_url(drawn_jpeg), "show_pictures": True}),
        (toolkit.tool("search_similar_cases"), {"image": str(photo)}),
        (toolkit.tool("search_similar_cases"), {"image": str(tmp_path / "none.jpg")}),
        (toolkit.tool("get_case"), {"case_id": next(iter(case_base.columns.row_of)), "show_picture": True}),
        (toolkit.tool("format_exemplars"), {"task": "location", "image": str(photo), "show_pictures": True}),
        (retriever, str(photo)),
        (retriever, drawn_jpeg),
        (retriever, data_url(drawn_jpeg)),
        (retriever, Image.open(io.BytesIO(drawn_jpeg))),
    ]
    with langsmith.tracing():
        for runnable, value in ways:
            asyncio.run(runnable.ainvoke(value)) if is_async else runnable.invoke(value)
    assert [run["run_type"] for run in langsmith.runs].count("tool") == 5
    assert [run["run_type"] for run in langsmith.runs].count("retriever") == 4
    assert pictures_in(langsmith.sent, stored) == 0
    assert b"[picture img_" in langsmith.sent
    assert str(tmp_path).encode() not in langsmith.sent
    assert b"Mueller" not in langsmith.sent


@pytest.mark.parametrize("method", ["zero-shot", "rag-3"])
def test_pictures_that_were_allowed_are_in_the_trace(
    schemas: OpenAISchemas,
    case_base: CaseBase,
    langsmith: LangSmithServer,
    drawn_jpeg: bytes,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TRACE_PICTURES, "1")
    with OpenAIServer(schemas) as server:
        with langsmith.tracing():
            chain(server, case_base, method).invoke({"image": drawn_jpeg})
        sent = server.requests[0].pictures
    assert all(pictures_in(langsmith.sent, [picture]) for picture in sent)


def test_a_failure_is_traced_without_pictures_and_says_where(
    schemas: OpenAISchemas, case_base: CaseBase, langsmith: LangSmithServer, drawn_jpeg: bytes
) -> None:
    with OpenAIServer(schemas, default=Fail(400, f"bad picture {data_url(drawn_jpeg)}")) as server:
        asking = chain(server, case_base, "zero-shot")
        with langsmith.tracing():
            assert asking.invoke({"image": drawn_jpeg}).outcome is Outcome.ERROR
        sent = [picture for request in server.requests for picture in request.pictures]
    assert b"bad picture" in langsmith.sent
    assert b"openai._base_client, line" in langsmith.sent
    assert b"site-packages" not in langsmith.sent
    assert pictures_in(langsmith.sent, [drawn_jpeg, *sent]) == 0


@pytest.mark.parametrize("where", ["config", "model"])
def test_handlers_of_ones_own_see_no_picture_and_keep_their_state(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, where: str
) -> None:
    class Watch(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen, self.models = "", 0

        def on_chat_model_start(self, *told: Any, **more: Any) -> None:
            self.models += 1
            self.seen += f"{told} {more}"

        def on_chain_start(self, *told: Any, **more: Any) -> None:
            self.seen += f"{told} {more}"

    class Later(AsyncCallbackHandler):
        seen = ""

        async def on_chat_model_start(self, *told: Any, **more: Any) -> None:
            self.seen += f"{told} {more}"

    watch, later = Watch(), Later()
    with OpenAIServer(schemas) as server:
        model = chat_model("openai:gpt-4.1", base_url=server.url, timeout=SAFETY_NET)
        if where == "model":
            model.callbacks = [watch, later]
        asking = chain_for("rag-3", model=model, case_base=case_base, task="location")
        config: Any = {"callbacks": [watch, later]} if where == "config" else {}
        asyncio.run(asking.ainvoke({"image": drawn_jpeg}, config))
        sent = server.requests[0].pictures
    assert watch.models == 1
    for seen in (watch.seen, later.seen):
        assert "[picture img_" in seen
        assert pictures_in(seen.encode(), [drawn_jpeg, *sent]) == 0


def test_what_counts_and_collects_runs_does_so_once(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes
) -> None:
    with OpenAIServer(schemas) as server, get_usage_metadata_callback() as used, collect_runs() as collected:
        usage = chain(server, case_base, "rag-3").invoke({"image": drawn_jpeg}).usage
        sent = server.requests[0].pictures
    assert usage is not None
    assert [one["input_tokens"] for one in used.usage_metadata.values()] == [usage.input_tokens]
    assert len(collected.traced_runs) == 1
    assert pictures_in(repr(collected.traced_runs).encode(), [drawn_jpeg, *sent]) == 0


def test_a_tracer_keeps_its_client_project_tags_and_parent(langsmith: LangSmithServer, case_base: CaseBase) -> None:
    client = langsmith.client()
    tracer = LangChainTracer(client=client, project_name="mine", tags=["kept"])
    case_id = next(iter(case_base.columns.row_of))
    SimilarCaseRetriever(case_base=case_base).invoke(f"case:{case_id}", {"callbacks": [tracer], "metadata": {"a": "b"}})
    client.flush()
    (run,) = langsmith.runs
    assert (run["session_name"], run["tags"], run["extra"]["metadata"]["a"]) == ("mine", ["kept"], "b")
    assert tracer.latest_run is not None
    assert tracer.run_map == {}
    client.cleanup()


def test_without_a_handler_nothing_is_changed() -> None:
    assert private_config({"tags": ["x"]}) == {"tags": ["x"]}


def test_no_log_at_any_level_has_a_picture(
    schemas: OpenAISchemas, case_base: CaseBase, drawn_jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), OpenAIServer(schemas) as server:
        chain(server, case_base, "rag-3").invoke({"image": drawn_jpeg})
        sent = server.requests[0].pictures
    told = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "openai" in told
    assert pictures_in(told.encode(), [drawn_jpeg, *sent]) == 0


def test_private_attributes_are_in_no_trace_and_shown_ones_are(
    schemas: OpenAISchemas, langsmith: LangSmithServer, tmp_path: Path
) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    told = {"name": "Hans Mueller", "phone": "030 1234567", "skin": "oily to the touch"}
    cases = [
        SourceCase(Case(case_id=f"c{n}", group_id=f"p{n}", labels={"location": ("hand",)}, attributes=told), picture(n))
        for n in range(4)
    ]
    case_base.add(
        SourceData("made", (Task(name="location", question="Where?", labels=("hand", "foot")),), tuple(cases))
    )
    case_base.attributes.show("skin")
    toolkit = DermToolkit.over(case_base)
    with OpenAIServer(schemas) as server, langsmith.tracing():
        chain(server, case_base, "rag-2").invoke("c0")
        toolkit.tool("get_case").invoke({"case_id": "c1"})
        toolkit.tool("search_similar_cases").invoke({"image": "case:c1", "where": "name = 'x'"})
        SimilarCaseRetriever(case_base=case_base).invoke("case:c1")
    assert b"oily to the touch" in langsmith.sent
    assert not [value for value in ("Mueller", "1234567") if value.encode() in langsmith.sent]
