"""A run killed at ten moments ends like one that nobody disturbed, and pays for no answer twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.loopback import running
from tests.support.patience import SAFETY_NET

CASES = 60
KILLS = (0, 1, 5, 12, 18, 27, 36, 44, 53, 59)
"""Answers of the whole run after which the process is killed, one start after the other."""

WORKER = """
import json, os, sys, urllib.request
from dermtools.cases.case import Task
from dermtools.evaluation import Arm, Rule, RunSpec, Target, perform
from dermtools.prediction import Prediction, Query

url, cases = sys.argv[1], int(sys.argv[2])

class Remote:
    name, task = "remote", "location"

    def predict(self, query):
        body = json.dumps({"case": query.case_id, "client": os.getpid()}).encode()
        with urllib.request.urlopen(url, data=body, timeout=1200) as reply:
            label = json.load(reply)["label"]
        return Prediction(method=self.name, task=self.task, label=label, raw=label)

def run(out):
    task = Task(name="location", question="Where?", labels=("back", "hand"))
    targets = tuple(Target(f"case-{k:03}", f"group-{k // 2}", ("back",)) for k in range(cases))
    spec = RunSpec(task=task, rule=Rule.ANY, split="test", seed=0, case_base={}, targets=targets, arms={"remote": {}})
    perform(
        spec, [Arm("remote", Remote(), remote=True)], lambda case_id: Query(name=case_id, case_id=case_id), out,
        accept_unknown_price=True, concurrency=4,
    )

# One process imports everything, and each start is a fork of it.
for line in sys.stdin:
    child = os.fork()
    if not child:
        status = 1
        try:
            run(line.strip())
            status = 0
        finally:
            os._exit(status)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Service(ThreadingHTTPServer):
    """Answers one call at a time, counts its answers, and kills its client where told to.

    A kill waits until every answer given has reached the client's disk: what is tested is that no answered call is
    sent again, and an answer counts from the moment it has arrived.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.guard = threading.Lock()
        self.answered = Counter()
        self.kill_after = None
        self.client = None
        self.records = None

    def take(self, case_id, client):
        """The label for a case; None where the client was killed instead, or before its call was looked at."""
        with self.guard:
            if self.client != client:
                return None
            if self.answered.total() == self.kill_after:
                self.wait_for_disk()
                os.kill(self.client, signal.SIGKILL)
                self.client = None
                return None
            self.answered[case_id] += 1
            return "hand" if int(case_id[-1]) % 3 else "back"

    def wait_for_disk(self):
        until = time.monotonic() + SAFETY_NET
        while self.records.read_bytes().count(b"\n") < self.answered.total():
            assert time.monotonic() < until, "an answer never reached the disk"
            time.sleep(0.005)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        label = self.server.take(call["case"], call["client"])
        if label is not None:
            body = json.dumps({"label": label}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    service = Service()
    with running(service):
        yield service


@pytest.fixture
def start(tmp_path, service):
    """Start a worker on a run folder and wait for its end; gives the exit status."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    url = f"http://127.0.0.1:{service.server_port}/"

    def start(out, kill_after=None):
        service.records, service.kill_after = out / "predictions.jsonl", kill_after
        with service.guard:
            workers.stdin.write(f"{out}\n")
            workers.stdin.flush()
            service.client = int(workers.stdout.readline())
        return int(workers.stdout.readline())

    command = [sys.executable, script, url, str(CASES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as workers:
        yield start
        workers.stdin.close()


def _without_times(text: str) -> str:
    text = re.sub(r'"latency\w*": ?[\d.e-]+', '"latency": 0', text)
    return re.sub(r"\| [\d.]+ m?s \|", "| time |", text)


def test_a_run_killed_at_ten_moments_ends_like_an_undisturbed_one_and_pays_nothing_twice(tmp_path, service, start):
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    for kill_after in KILLS:
        assert start(killed, kill_after) == -signal.SIGKILL
        assert service.answered.total() == kill_after
    assert start(killed) == 0
    assert len(service.answered) == CASES
    assert set(service.answered.values()) == {1}
    assert start(killed) == 0
    assert service.answered.total() == CASES, "a finished run sends nothing"
    assert start(undisturbed) == 0
    for name in ("run.json", "predictions.jsonl", "metrics.json", "table.md"):
        assert _without_times((killed / name).read_text()) == _without_times((undisturbed / name).read_text())
    assert (killed / "predictions.jsonl").read_text().count("\n") == CASES
