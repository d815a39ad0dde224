"""32 clients over HTTP at once, 1,000 calls each: errors, and growth of the server's memory over the second half.

    python -m benchmarks.mcp_load [CALLS]

Linux only: reads the server's resident memory from /proc.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from benchmarks.synthetic import random_case_base
from benchmarks.timing import report

CLIENTS, CALLS = 32, 1_000
CASES, DIMENSION = 2_500, 1024
BUDGET = 1.02
"""Memory in the last quarter of the calls against the quarter before."""


def memory(process: int) -> int:
    """Resident bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class Load:
    """Counts calls and errors, and looks at the memory after every so many calls."""

    def __init__(self, url: str, process: int, calls: int) -> None:
        self.url, self.process, self.calls = url, process, calls
        self.done, self.errors = 0, 0
        self.samples: list[tuple[int, int]] = []

    async def run(self) -> None:
        """All clients, half of them in either era of the protocol."""
        async with anyio.create_task_group() as group:
            for number in range(CLIENTS):
                group.start_soon(self._client, number)

    async def _client(self, number: int) -> None:
        mode = "legacy" if number % 2 else "2026-07-28"
        async with Client(streamable_http_client(self.url), mode=mode) as client:
            for call in range(self.calls):
                case_id = f"case_{(number * self.calls + call) % CASES:06d}"
                self.errors += not await self._answered(client, call, case_id)
                self.done += 1
                if self.done % CLIENTS == 0:
                    self.samples.append((self.done, memory(self.process)))

    async def _answered(self, client: Client, call: int, case_id: str) -> bool:
        """One call, of four kinds in turn; whether it went well."""
        match call % 4:
            case 0:
                result = await client.call_tool("get_case", {"case_id": case_id, "show_picture": True})
                return not result.is_error
            case 1:
                return bool((await client.read_resource(f"dermtools://cases/{case_id}")).contents)
            case _:
                result = await client.call_tool("search_similar_cases", {"image": f"case:{case_id}", "k": 5})
                return not result.is_error

    def quarter(self, number: int) -> float:
        """Median memory in one quarter of the calls, from 0."""
        total = CLIENTS * self.calls
        return statistics.median(
            held for done, held in self.samples if number * total < 4 * done <= (number + 1) * total
        )


@contextmanager
def serving(path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """A server over HTTP over a case base: its address, its process, and its log, beside the case base."""
    log = path.with_name("log")
    command = [sys.executable, "-c", "from dermtools.cli import main; main()", "mcp", str(path)]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, "--http", "127.0.0.1:0"], stderr=errors, stdin=subprocess.DEVNULL, env=os.environ
        )
    try:
        while (found := re.search(r"http://\S+", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found[0], process, log
    finally:
        process.terminate()
        process.wait(30)


def main(calls: int = CALLS) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "casebase"
        random_case_base(path, cases=CASES, dimension=DIMENSION)
        with serving(path) as (url, process, log):
            load = Load(url, process.pid, calls)
            start = time.perf_counter()
            anyio.run(load.run)
            took = time.perf_counter() - start
        failures = [line for line in log.read_text().splitlines() if line.startswith(("ERROR", "Traceback"))]
    third, last = load.quarter(2), load.quarter(3)
    measured = (
        f"{load.done:,} calls in {took:.0f} s, {load.errors} errors, {len(failures)} failures logged; "
        f"memory {third / 2**20:.1f} MiB, then {last / 2**20:.1f} MiB, ratio {last / third:.3f}"
    )
    held = load.errors == 0 and not failures and load.done == CLIENTS * calls and last <= BUDGET * third
    return report(f"MCP server, {CLIENTS} clients, {calls:,} calls each", measured, f"no error, {BUDGET} x", held)


if __name__ == "__main__":
    raise SystemExit(not main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
