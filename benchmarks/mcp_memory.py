"""32 clients over HTTP send a picture of about 32 MB each at once: the server's memory, and whether it answers others.

    python -m benchmarks.mcp_memory

Linux only: reads resident memory from /proc.
"""

from __future__ import annotations

import io
import itertools
import json
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from benchmarks.mcp_load import CLIENTS, memory, serving
from benchmarks.timing import report
from dermtools.cases.sources.sample import load_sample
from dermtools.images import data_url
from dermtools.retrieval import CaseBase

CEILING = 2_048
"""MiB that the server and its processes may take at most, with the usual limits and the usual embedder."""
SIDE = 7_700
"""Pixels: 59 megapixels, just under the most that one picture may have."""
PATIENCE = 600


def picture(side: int = SIDE) -> bytes:
    """A JPEG of at most 32 MiB, the most that one picture may have."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 4, side // 4, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    for quality in range(98, 20, -2):
        image.save(file := io.BytesIO(), "JPEG", quality=quality)
        if file.tell() < 32 * 1024 * 1024:
            break
    return file.getvalue()


def tree(process: int) -> int:
    """Resident bytes of a process and its children."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return memory(process) + sum(map(tree, map(int, children)))
    except (OSError, AssertionError):  # one that has just ended
        return 0


def sample_case_base(folder: Path) -> Path:
    """Drawn cases, with the embedder that needs no download."""
    case_base = CaseBase.create(folder / "casebase", embedder="descriptor")
    case_base.add(load_sample(patients=4))
    return case_base.path


class Watch:
    """The most memory that a process has taken, looked at all the time."""

    def __init__(self, process: int) -> None:
        self.idle = self.most = tree(process)
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.01):
            self.most = max(self.most, tree(self._process))


def call(image: str) -> tuple[bytes, dict[str, str]]:
    """A search as it goes over the wire in the protocol of 2026."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "search_similar_cases", "arguments": {"image": image}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "search_similar_cases",
    }
    return body, headers


def until_answered(url: str, image: str) -> tuple[bool, int]:
    """Whether a call went well, and how often it was told to come later."""
    body, headers = call(image)
    with httpx.Client(timeout=PATIENCE) as client:
        for refused in itertools.count():
            reply = client.post(url, content=body, headers=headers)
            if reply.status_code != 429:
                return reply.status_code == 200 and '"isError":false' in reply.text, refused
            time.sleep(float(reply.headers["retry-after"]))
    raise AssertionError


def main() -> bool:
    image = data_url(picture())
    with tempfile.TemporaryDirectory() as folder, serving(sample_case_base(Path(folder))) as (url, process, _):
        until_answered(url, data_url(picture(64)))  # loads what there is to load
        start = time.perf_counter()
        with Watch(process.pid) as watch, ThreadPoolExecutor(CLIENTS) as clients:
            answers = [clients.submit(until_answered, url, image) for _ in range(CLIENTS)]
            waits = []
            while not all(answer.done() for answer in answers):
                before = time.perf_counter()
                assert until_answered(url, "case:drawn_p01_1")[0]
                waits.append(time.perf_counter() - before)
            took = time.perf_counter() - start
        well = sum(answer.result()[0] for answer in answers)
        refused = sum(answer.result()[1] for answer in answers)
    most = watch.most / 2**20
    measured = (
        f"{well} answered in {took:.0f} s, {refused} times told to come later; memory {watch.idle / 2**20:.0f} MiB, "
        f"at most {most:.0f}; {len(waits)} small calls meanwhile, the slowest {max(waits):.1f} s"
    )
    what = f"MCP server, {CLIENTS} clients with {len(image) / 2**20:.0f} MiB each"
    return report(what, measured, f"{CEILING} MiB", well == CLIENTS and most <= CEILING)


if __name__ == "__main__":
    raise SystemExit(not main())
