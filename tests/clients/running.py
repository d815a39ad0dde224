"""Drivers as processes of their own, and what they say of their clients."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dermtools.cases.sources.sample import load_sample
from dermtools.images import data_url
from dermtools.retrieval import CaseBase
from tests.clients.environments import HERE, Environment, NotInstalled, environment
from tests.clients.model import ScriptedModel, Step, tools
from tests.clients.steps import STEPS, TURNS, Given, missing_words
from tests.support.mcp_processes import http_server, stdio
from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import ROOT
from tests.support.streaming_server import StreamingOpenAIServer

SECONDS, SUITE_SECONDS = 300, 1800
"""That a client may take for all its steps, most take ten; and a suite, which installs what it needs."""
START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from dermtools.cli import main; main()"
CASE = "drawn_p01_1"
PASSED_ON = ("PATH", "LANG", "SSL_CERT_FILE", "OMP_NUM_THREADS")
"""Variables that a driver gets: no key of the user's, and no address to send one to."""


@dataclass(frozen=True)
class Outcome:
    """A line that a driver or a suite printed. `step` is a scenario where it is a suite that has its own."""

    client: str
    version: str
    step: str
    outcome: str
    """`passed`, `not offered` or `failed`."""
    why: str = ""


class Stage:
    """A drawn case base, its server over HTTP, a picture in a granted folder: what all drivers are given."""

    def __init__(self, folder: Path, case_base: CaseBase, url: str, schemas: OpenAISchemas) -> None:
        self.folder, self.case_base, self.url, self.schemas = folder, case_base, url, schemas
        self.picture = folder / "granted" / "lesion.jpg"
        self.tools: dict[str, dict[str, Any]] = {}
        self.nearest = _references(case_base.search(self.picture, k=3, max_per_group=1).case_ids)
        self.answer = f"I found {self.nearest[0]}, and looked at it."
        self.question = f"Which similar cases are there for the picture {self.picture}?"
        self.question_with_pictures = f"What does the case most similar to {self.picture} look like?"

    @classmethod
    @contextmanager
    def set(cls, schemas: OpenAISchemas) -> Iterator[Stage]:
        with tempfile.TemporaryDirectory(prefix="dermtools-clients-") as name:
            folder = Path(name).resolve()
            case_base = CaseBase.create(folder / "casebase", embedder="descriptor")
            case_base.add(load_sample(patients=12))
            (folder / "granted").mkdir()
            drawn = load_sample(seed=7, patients=1).cases[0].image
            assert isinstance(drawn, bytes)
            (folder / "granted" / "lesion.jpg").write_bytes(drawn)
            with http_server(case_base.path, "--allow", str(folder / "granted")) as server:
                yield cls(folder, case_base, server.url, schemas)

    async def list_tools(self) -> None:
        """What the server lists, asked in its own environment: what clients are held against."""
        async with stdio(self.case_base.path, "--allow", str(self.picture.parent)) as client:
            self.tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}

    def given(self, model_url: str, modules: Path) -> Given:
        return Given(
            command=[sys.executable, "-c", START, "mcp", str(self.case_base.path), "--allow", str(self.picture.parent)],
            url=self.url,
            tools=self.tools,
            path=str(self.picture),
            data_url=data_url(self.picture.read_bytes()),
            nearest=self.nearest,
            case=f"case:{CASE}",
            nearest_to_case=_references(self.case_base.search(case_id=CASE, k=3, max_per_group=1).case_ids),
            model_url=model_url,
            answer=self.answer,
            question=self.question,
            question_with_pictures=self.question_with_pictures,
            modules=str(modules),
        )

    def model(self) -> ScriptedModel:
        """Answers both questions by the tools, and makes a mistake at the first."""
        first, image = self.nearest[0], str(self.picture)
        search: Step = ("search_similar_cases", {"image": image, "k": 3}, first)
        mistake: Step = ("search_similar_cases", {"image": "case:no-such-case"}, "no-such-case")
        plans = {
            self.question: [mistake, search, ("get_case", {"case_id": first}, first)],
            self.question_with_pictures: [search, ("view_pictures", {"handles": [first]}, first)],
        }
        return ScriptedModel(plans, self.answer)


def _references(case_ids: list[str]) -> list[str]:
    return [f"case:{case_id}" for case_id in case_ids]


def clients() -> list[str]:
    """Every client that has a driver."""
    return sorted(file.parent.name for file in HERE.glob("*/drive.py"))


def suites() -> list[str]:
    """Suites that bring their own scenarios, and what they need."""
    return sorted(file.parent.name for file in HERE.glob("*/run.py"))


def driven(client: str, stage: Stage) -> list[Outcome]:
    """All steps of a client; a step that its driver does not tell has failed."""
    try:
        made = environment(client)
    except NotInstalled as error:
        return [Outcome(client, "", step, "failed", f"cannot be installed here: {error}") for step in STEPS]
    with StreamingOpenAIServer(stage.schemas, stage.model()) as model:
        given = stage.given(model.url, made.modules)
        told, errors = _told(client, made, given, stage.folder)
        refused = [request.refused for request in model.requests if request.refused]
        offered = next((dict(tools(request.body)) for request in model.requests if request.body.get("tools")), None)
    version = told[0].version if told else ""
    by_step = {outcome.step: outcome for outcome in told}
    outcomes = [by_step.get(step, Outcome(client, version, step, "failed", f"not told: {errors}")) for step in STEPS]
    lost = [] if offered is None else missing_words(stage.tools, offered)
    return [_as_the_model_saw_it(one, refused, lost) for one in outcomes]


def _as_the_model_saw_it(outcome: Outcome, refused: list[str], lost: list[str]) -> Outcome:
    """What reached the model's service says more than the client's own form of the tools, and why a turn failed."""
    if outcome.step == "keeps every argument" and outcome.outcome == "passed" and lost:
        return replace(outcome, outcome="failed", why="not sent to the model: " + ", ".join(lost))
    if outcome.step in TURNS and outcome.outcome == "failed" and refused:
        return replace(outcome, why=f"the model's service refused: {refused[-1]} ({outcome.why})")
    return outcome


def _told(client: str, made: Environment, given: Given, folder: Path) -> tuple[list[Outcome], str]:
    """What a driver prints, and the last that it wrote to standard error."""
    file = folder / f"{client}.json"
    file.write_text(json.dumps(asdict(given)), encoding="utf-8")
    home = folder / f"home-{client}"
    home.mkdir(exist_ok=True)
    # Alone in its folder: beside the drivers, whose folders bear the names of packages, some imports would go astray.
    beside = home / "driver"
    beside.mkdir(exist_ok=True)
    shutil.copy(HERE / "steps.py", beside)
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    more = {
        "HOME": str(home),
        "PYTHONPATH": str(beside),
        "PYTHONSAFEPATH": "1",
        "OPENAI_API_KEY": "k",
        "OTEL_SDK_DISABLED": "true",
    }
    return _lines([str(made.python), str(HERE / client / "drive.py"), str(file)], {**kept, **more}, home, SECONDS)


def ran(suite: str) -> list[Outcome]:
    """The scenarios of a suite, run by the project's own interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / suite / "run.py")]
        told, errors = _lines(command, dict(os.environ), Path(folder), SUITE_SECONDS)
    if (errors or not told) and not any(one.outcome == "failed" for one in told):
        told.append(Outcome(suite, "", "ends well", "failed", errors or "it told nothing"))
    return told


def _lines(command: list[str], variables: dict[str, str], folder: Path, seconds: int) -> tuple[list[Outcome], str]:
    with (folder / "errors.log").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=seconds)
            ended = ""
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            ended = f"not done within {seconds} s; "
        errors.seek(0)
        last = ended + (errors.read().strip().splitlines() or ["it said nothing"])[-1][-500:]
    told = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return [
        Outcome(
            line["client"], line.get("version", ""), line.get("step") or line["scenario"], line["outcome"], line["why"]
        )
        for line in told
    ], "" if process.returncode == 0 else last
