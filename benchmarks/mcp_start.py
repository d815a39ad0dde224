"""From the start of `dermtools mcp` to its first reply to `tools/list`, on a case base of 2,500 cases."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.synthetic import random_case_base
from benchmarks.timing import report, seconds

CASES, DIMENSION = 2_500, 1024
ROUNDS = 5
BUDGET = 2.0

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def until_listed(case_base: Path) -> float:
    """Seconds until the tools are listed."""
    command = [sys.executable, "-c", "from dermtools.cli import main; main()", "mcp", str(case_base)]
    processes: list[subprocess.Popen[bytes]] = []

    def listed() -> None:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        processes.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        for message in (INITIALIZE, INITIALIZED, LIST):
            process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        while (reply := json.loads(process.stdout.readline())).get("id") != LIST["id"]:
            continue
        assert len(reply["result"]["tools"]) == 5

    took = seconds(listed)
    processes[0].communicate(timeout=60)
    return took


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "casebase"
        random_case_base(path, cases=CASES, dimension=DIMENSION)
        until_listed(path)
        times = [until_listed(path) for _ in range(ROUNDS)]
        bare = statistics.median(
            seconds(lambda: subprocess.run([sys.executable, "-c", "import mcp.server.lowlevel"], check=True))
            for _ in range(ROUNDS)
        )
    took = statistics.median(times)
    measured = (
        f"{took:.2f} s (from {min(times):.2f} to {max(times):.2f}), of which importing the SDK takes {bare:.2f} s"
    )
    return report(f"MCP server, start to tools/list, {CASES:,} cases", measured, f"{BUDGET:.0f} s", took <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())
