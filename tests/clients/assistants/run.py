"""Claude Code, Codex and Gemini CLI, told of the server by `--install` and asked once, without an account.

Prints one JSON object a scenario. Each assistant gets a home of its own and a scripted model on the loopback interface,
which makes a mistake, searches by a path, and asks for a picture; what reaches that model is what counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.clients.assistants.services import AnthropicForClaudeCode, GeminiForCli, OpenAIForCodex  # noqa: E402
from tests.clients.environments import NotInstalled, environment  # noqa: E402
from tests.clients.running import Stage  # noqa: E402
from tests.clients.steps import missing_words  # noqa: E402
from tests.support.openai_replies import Call, Reply, Say  # noqa: E402
from tests.support.openai_requests import OpenAISchemas  # noqa: E402

SECONDS = 240
WAITS = 4
"""Times that the model waits for the server's tools: Claude Code and Codex ask it before a slow server has started."""
SCENARIOS = ("finds the server", "keeps every argument", "is told its mistake", "searches by path", "gets a picture")


@dataclass
class Turn:
    """What a model does in the one turn, in the words of no provider."""

    stage: Stage
    wait: tuple[str, dict[str, Any]] | None
    """A tool of the assistant's own that takes some seconds."""
    waited: int = 0
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    pictures: int = 0

    def reply(self, schemas: dict[str, dict[str, Any]], results: list[str], pictures: int) -> Reply:
        """To a request that offers tools with these schemas and brings these results of earlier calls."""
        names = {tool: name for name in schemas for tool in self.stage.tools if name.endswith(tool)}
        if not names:
            if self.wait is None or self.waited == WAITS:
                return Say("There is no such tool.")
            self.waited += 1
            return Call((self.wait,))
        self.schemas, self.results, self.pictures = schemas, results[self.waited :], pictures
        image = str(self.stage.picture)
        plan = [
            ("search_similar_cases", {"image": "case:no-such-case"}),
            ("search_similar_cases", {"image": image, "k": 3}),
            ("view_pictures", {"handles": self.stage.nearest[:1]}),
        ]
        if len(self.results) < len(plan):
            tool, arguments = plan[len(self.results)]
            return Call(((names[tool], arguments),))
        return Say("That is the nearest case.")

    def told(self) -> Iterator[tuple[str, str]]:
        """Scenario, and what is wrong with it; "" for nothing."""
        yield SCENARIOS[0], "" if self.schemas else "no tool of the server was offered to the model"
        yield SCENARIOS[1], ", ".join(missing_words(self.stage.tools, self.schemas))
        mistake, search, *_ = [*self.results, "", ""]
        yield SCENARIOS[2], "" if "no-such-case" in mistake else f"the model was told: {mistake[:300]!r}"
        yield SCENARIOS[3], "" if self.stage.nearest[0] in search else f"the model was told: {search[:300]!r}"
        yield SCENARIOS[4], "" if self.pictures else "no picture came to the model"


@dataclass(frozen=True)
class Assistant:
    package: str
    command: Callable[[str, Path], list[str]]
    """From the question and the home: what starts it."""
    service: Callable[[Turn], Any]
    variables: dict[str, str]
    address: str
    """Variable that names the model's service."""
    wait: tuple[str, dict[str, Any]] | None = None
    settle: Callable[[Path, str], None] = lambda home, url: None
    """Further settings, once `--install` has written its own."""


def _codex(home: Path, url: str) -> None:
    place = home / ".codex" / "config.toml"
    loopback = f'[model_providers.loop]\nname = "loop"\nbase_url = "{url}"\nenv_key = "OPENAI_API_KEY"\n'
    more = f'model = "gpt-4.1"\nmodel_provider = "loop"\n{place.read_text()}\n{loopback}wire_api = "responses"\n'
    place.write_text(more, encoding="utf-8")


def _gemini(home: Path, _: str) -> None:
    place = home / ".gemini" / "settings.json"
    settings = json.loads(place.read_text(encoding="utf-8"))
    settings["security"] = {"auth": {"selectedType": "gemini-api-key"}}
    place.write_text(json.dumps(settings), encoding="utf-8")


def assistants(schemas: OpenAISchemas) -> dict[str, Assistant]:
    return {
        "claude-code": Assistant(
            "@anthropic-ai/claude-code",
            lambda question, home: [
                *("claude", "-p", question, "--mcp-config", str(home / ".mcp.json"), "--strict-mcp-config"),
                *("--allowedTools", "mcp__dermtools,Bash"),
            ],
            AnthropicForClaudeCode,
            {
                "ANTHROPIC_API_KEY": "k",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "DISABLE_AUTOUPDATER": "1",
                "ENABLE_TOOL_SEARCH": "false",
            },
            "ANTHROPIC_BASE_URL",
            wait=("Bash", {"command": "sleep 8", "description": "wait"}),
        ),
        "codex": Assistant(
            "@openai/codex",
            lambda question, _: [
                *("codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", question),
            ],
            lambda turn: OpenAIForCodex(schemas, turn),
            {"OPENAI_API_KEY": "k"},
            "OPENAI_BASE_URL",
            wait=("exec_command", {"cmd": "sleep 8", "yield_time_ms": 10_000}),
            settle=_codex,
        ),
        "gemini": Assistant(
            "@google/gemini-cli",
            lambda question, _: ["gemini", "-m", "gemini-2.5-pro", "--yolo", "-p", question],
            GeminiForCli,
            {"GEMINI_API_KEY": "k", "GEMINI_CLI_TRUST_WORKSPACE": "true"},
            "GOOGLE_GEMINI_BASE_URL",
            settle=_gemini,
        ),
    }


def drive(name: str, assistant: Assistant, stage: Stage, modules: Path, home: Path) -> Iterator[tuple[str, str]]:
    """Scenarios of one assistant, as `Turn.told`."""
    turn = Turn(stage, assistant.wait)
    install = "from dermtools.cli import main; main()"
    options = ["mcp", str(stage.case_base.path), "--allow", str(stage.picture.parent), "--print-config", name]
    variables = {"PATH": f"{modules / '.bin'}:{os.environ['PATH']}", "HOME": str(home)}
    subprocess.run(
        [sys.executable, "-c", install, *options, "--install"],
        cwd=home,
        env={**variables, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    with assistant.service(turn) as service:
        assistant.settle(home, service.url)
        run = subprocess.run(
            assistant.command(stage.question, home),
            cwd=home,
            env={**variables, **assistant.variables, assistant.address: service.url.removesuffix("/v1")},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
        asked = len(service.requests)
    if not asked:
        last = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        yield from ((scenario, f"it asked no model: {last[-300:]}") for scenario in SCENARIOS)
        return
    yield from turn.told()


def main() -> int:
    import asyncio

    shared = Path(os.environ.get("DERMTOOLS_TEST_DATA", ROOT.parent / "shared")).resolve()
    schemas = OpenAISchemas(shared / "reference" / "openai-schemas.json")
    failed = False
    try:
        modules = environment("assistants").modules
    except NotInstalled as error:
        print(json.dumps({"client": "assistants", "scenario": "install", "outcome": "failed", "why": str(error)}))
        return 1
    with Stage.set(schemas) as stage:
        asyncio.run(stage.list_tools())
        for name, assistant in assistants(schemas).items():
            version = json.loads((modules / assistant.package / "package.json").read_text())["version"]
            with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=Path.home()) as home:
                for scenario, why in drive(name, assistant, stage, modules, Path(home)):
                    failed |= bool(why)
                    line = {"client": name, "version": version, "scenario": scenario, "why": why}
                    print(json.dumps({**line, "outcome": "failed" if why else "passed"}), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
