"""`langgraph dev` with the example's graph, driven over HTTP as Agent Chat UI does; a line of JSON a scenario.

The server runs with the packages of its own environment, and the project's behind them.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402

from dermtools.agent.store_pictures import NAMESPACE  # noqa: E402
from dermtools.cases.sources.sample import load_sample  # noqa: E402
from dermtools.retrieval import CaseBase  # noqa: E402
from tests.clients.environments import NotInstalled, environment  # noqa: E402
from tests.support.openai_replies import Call, Reply, Say  # noqa: E402
from tests.support.openai_requests import OpenAISchemas, pictures  # noqa: E402
from tests.support.picture_blocks import forms  # noqa: E402
from tests.support.streaming_server import StreamingOpenAIServer  # noqa: E402

SUITE = "langgraph_dev"
START = (
    "import sys; sys.path += [{root!r}, {packages!r}]; from langgraph_cli.cli import cli; "
    "cli(['dev', '--no-browser', '--no-reload', '--host', '127.0.0.1', '--port', {port!r}])"
)
JPEG = b"\xff\xd8\xff"
KEPT_IN = ".langgraph_api"
SECONDS = 120


def model(_: str, body: dict[str, Any]) -> Reply:
    """Searches with the last picture that it is shown, once a turn, and repeats what it was told."""
    last = body["messages"][-1]
    told = [one for one in body["messages"] if one["role"] == "tool"]
    if last["role"] == "tool":
        return Say(f"shown {sum(1 for _ in pictures(body))}: {told[-1]['content']}")
    handle = _handle(body)
    return Call((("search_similar_cases", {"image": handle, "k": 3}),))


def _handle(body: dict[str, Any]) -> str:
    found = re.findall(r"img_[0-9a-f]{16}", json.dumps(body["messages"]))
    return str(found[-1]) if found else "img_none"


class Server:
    """The running server, and what a chat page does with it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.folder, self.log = folder, folder / "server.log"

    def thread(self) -> str:
        return str(self.post("/threads", {})["thread_id"])

    def ask(self, thread: str, text: str, *blocks: dict[str, Any], **more: Any) -> str:
        """The answer's text; AssertionError where the run failed."""
        content: list[dict[str, Any]] = [{"type": "text", "text": text}, *blocks]
        run = {
            "assistant_id": "dermtools",
            "input": {"messages": [{"id": str(uuid.uuid4()), "type": "human", "content": content}]},
            "stream_mode": ["values"],
            "stream_subgraphs": True,
            "stream_resumable": True,
            "on_disconnect": "continue",
            **more,
        }
        values: dict[str, Any] = {}
        with self.http.stream("POST", f"/threads/{thread}/runs/stream", json=run) as reply:
            assert reply.status_code == 200, reply.read()[:500]
            event = ""
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    assert event != "error", data
                    values = data if event == "values" else values
        return str(values["messages"][-1]["content"])

    def written(self) -> bytes:
        """The checkpoints on the disk, which the server writes when it ends."""
        files = (self.folder / KEPT_IN).glob(".langgraph_checkpoint*")
        return b"".join(file.read_bytes() for file in files)

    def get(self, path: str) -> Any:
        reply = self.http.get(path)
        assert reply.status_code == 200, reply.text[:500]
        return reply.json()

    def post(self, path: str, body: Any) -> Any:
        reply = self.http.post(path, json=body)
        assert reply.status_code == 200, reply.text[:500]
        return reply.json()


def prepared(folder: Path, model_url: str) -> Path:
    """The example, its case base and its environment file."""
    place = folder / "server"
    shutil.copytree(ROOT / "examples" / "langgraph_server", place)
    case_base = CaseBase.create(folder / "casebase", embedder="descriptor")
    case_base.add(load_sample(patients=12))
    lines = {
        "DERMTOOLS_CASEBASE": case_base.path,
        "DERMTOOLS_MODEL": "openai:gpt-4.1",
        "DERMTOOLS_BASE_URL": model_url,
        "OPENAI_API_KEY": "k",
        "LANGSMITH_TRACING": "false",
    }
    (place / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    return place


@contextmanager
def serving(python: Path, place: Path) -> Iterator[Server]:
    """The server in a process of its own, until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    start = START.format(root=str(ROOT), packages=sysconfig.get_path("purelib"), port=port)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    log = place / "server.log"
    with log.open("a", encoding="utf-8") as out:
        process = subprocess.Popen(
            [str(python), "-c", start], cwd=place, env=kept, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            server = Server(f"http://127.0.0.1:{port}", place)
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(30)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    last = time.monotonic() + SECONDS
    while time.monotonic() < last and process.poll() is None:
        try:
            if server.http.get("/ok").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise AssertionError(f"the server does not answer: {server.log.read_text(encoding='utf-8')[-800:]}")


class Scenarios:
    """Each shows one thing; raises AssertionError where it is not so."""

    def __init__(self, folder: Path, python: Path, server: StreamingOpenAIServer) -> None:
        self.python, self.model = python, server
        self.place = prepared(folder, server.url)
        self.thread, self.first = "", ""
        drawn = load_sample(seed=7, patients=1).cases[0].image
        assert isinstance(drawn, bytes)
        self.picture = drawn
        self.encoded = base64.b64encode(drawn).decode()

    def context_is_shown(self, server: Server) -> None:
        assistant = server.post("/assistants/search", {})[0]["assistant_id"]
        schema = server.get(f"/assistants/{assistant}/schemas")["context_schema"]
        assert sorted(schema["properties"]) == ["hidden_groups", "where"], schema

    def picture_of_the_page(self, server: Server) -> None:
        self.thread = server.thread()
        self.first = server.ask(self.thread, "Similar?", forms(self.encoded)["agent chat ui"])
        assert self.first.startswith("shown 1: 3 cases similar"), self.first

    def picture_on_turn_2(self, server: Server) -> None:
        again = server.ask(self.thread, "And again?")
        assert again == self.first, again

    def other_forms(self, server: Server) -> None:
        for name, block in forms(self.encoded).items():
            told = server.ask(server.thread(), "Similar?", block)
            assert told.startswith("shown 1: 3 cases similar"), f"{name}: {told[:300]}"

    def context_of_a_client(self, server: Server) -> None:
        block = forms(self.encoded)["agent chat ui"]
        told = server.ask(server.thread(), "Similar?", block, context={"images": {}})
        assert told.startswith("shown 1: 3 cases similar"), told
        told = server.ask(server.thread(), "Similar?", block, context={"where": "location = 'hand'"})
        assert "where: 4 of 42 cases" in told, told
        assert "location: hand" in told, told

    def another_thread(self, server: Server) -> None:
        handle = re.findall("img_[0-9a-f]{16}", self.first)[0]
        told = server.ask(server.thread(), f"Search with {handle}.")
        assert told.startswith("shown 0: The arguments were wrong"), told
        assert "no picture" in told, told

    def no_picture_in_history(self, server: Server) -> None:
        thread = f"/threads/{self.thread}"
        told = json.dumps([server.get(f"{thread}/state"), server.post(f"{thread}/history", {"limit": 100})])
        assert "img_" in told
        assert not self._holds_picture(told.encode()), "in the thread's history"

    def no_picture_on_the_disk(self, server: Server) -> None:
        written = server.written()
        assert b"img_" in written, "no checkpoint was written to the disk"
        assert not self._holds_picture(written), "in a checkpoint on the disk"

    def pictures_in_the_store(self, server: Server) -> None:
        found = server.post("/store/items/search", {"namespace_prefix": list(NAMESPACE), "limit": 100})["items"]
        assert found, "nothing in the store"
        assert not self._holds_original(json.dumps(found).encode()), "the original is in the store"

    def picture_after_a_restart(self, server: Server) -> None:
        again = server.ask(self.thread, "Once more?")
        assert again == self.first, again

    def _holds_original(self, data: bytes) -> bool:
        return self.picture[200:260] in data or self.encoded[200:260].encode() in data

    def _holds_picture(self, data: bytes) -> bool:
        return self._holds_original(data) or JPEG in data or base64.b64encode(JPEG) in data


BEFORE = {
    "a run's context is shown": Scenarios.context_is_shown,
    "a picture as Agent Chat UI sends it": Scenarios.picture_of_the_page,
    "turn 2 sees and searches it": Scenarios.picture_on_turn_2,
    "pictures in other clients' forms": Scenarios.other_forms,
    "a client's context": Scenarios.context_of_a_client,
    "a handle of another thread": Scenarios.another_thread,
    "no picture in a thread's history": Scenarios.no_picture_in_history,
    "the store has pictures drawn anew": Scenarios.pictures_in_the_store,
}
AFTER = {
    "no picture in checkpoints on the disk": Scenarios.no_picture_on_the_disk,
    "the picture after a restart": Scenarios.picture_after_a_restart,
}


def told(name: str, outcome: str, version: str, why: str = "") -> None:
    line = {"client": SUITE, "version": version, "scenario": name, "outcome": outcome, "why": why[:500]}
    print(json.dumps(line), flush=True)


def take(steps: dict[str, Callable[[Scenarios, Server], None]], on: Scenarios, server: Server, version: str) -> int:
    """How many of them failed."""
    failed = 0
    for name, step in steps.items():
        try:
            step(on, server)
        except (AssertionError, httpx.HTTPError, KeyError, IndexError) as error:
            failed += 1
            told(name, "failed", version, f"{type(error).__name__}: {error}")
        else:
            told(name, "passed", version)
    return failed


def main() -> int:
    """0 where every scenario passed."""
    version = (Path(__file__).parent / "requirements.txt").read_text(encoding="utf-8").strip().rpartition("==")[2]
    shared = Path(os.environ.get("DERMTOOLS_TEST_DATA", ROOT.parent / "shared")).resolve()
    try:
        python = environment(SUITE).python
    except NotInstalled as error:
        told("starts", "failed", version, f"cannot be installed here: {error}")
        return 1
    schemas = OpenAISchemas(shared / "reference" / "openai-schemas.json")
    failed = 0
    with tempfile.TemporaryDirectory() as folder, StreamingOpenAIServer(schemas, model) as asked:
        scenarios = Scenarios(Path(folder), python, asked)
        try:
            for steps in (BEFORE, AFTER):
                with serving(python, scenarios.place) as server:
                    failed += take(steps, scenarios, server, version)
        except AssertionError as error:
            told("starts", "failed", version, str(error))
            return 1
        refused = [request.refused for request in asked.requests if request.refused]
    if refused:
        told("every request is one that OpenAI takes", "failed", version, str(refused[0]))
    return int(bool(failed or refused))


if __name__ == "__main__":
    sys.exit(main())
