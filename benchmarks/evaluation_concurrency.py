"""An evaluation of 200 calls to a server that takes one second each, 20 at a time, against the ideal ten seconds."""

from __future__ import annotations

import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.timing import report, seconds
from dermtools.cases import Task
from dermtools.evaluation import Arm, Rule, RunSpec, Target, perform
from dermtools.prediction import Prediction, Query

CALLS, CONCURRENCY, SECONDS = 200, 20, 1.0
BUDGET = 1.1


class Slow(BaseHTTPRequestHandler):
    """Answers after a second."""

    def do_GET(self) -> None:
        time.sleep(SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"hand")

    def log_message(self, *_: object) -> None:
        pass


class Remote:
    """A method that is one call to the server."""

    name, task = "remote", "location"

    def __init__(self, url: str) -> None:
        self.url = url

    def predict(self, query: Query) -> Prediction:
        with urllib.request.urlopen(self.url, timeout=60) as reply:
            return Prediction(method=self.name, task=self.task, label=reply.read().decode())


class Server(ThreadingHTTPServer):
    """Takes all calls at once."""

    daemon_threads = True
    request_queue_size = 2 * CONCURRENCY


def main() -> bool:
    spec = RunSpec(
        task=Task(name="location", question="Which body site is shown?", labels=("back", "hand")),
        rule=Rule.ANY,
        split="test",
        seed=0,
        case_base={},
        targets=tuple(Target(f"case-{k}", f"group-{k // 2}", ("hand",)) for k in range(CALLS)),
        arms={"remote": {}},
    )
    with Server(("127.0.0.1", 0), Slow) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        arm = Arm("remote", Remote(f"http://127.0.0.1:{server.server_port}/"), remote=True)

        def ours() -> None:
            perform(
                spec,
                [arm],
                lambda case_id: Query(name=case_id, case_id=case_id),
                folder,
                accept_unknown_price=True,
                concurrency=CONCURRENCY,
            )

        took = seconds(ours)
        server.shutdown()
    ideal = CALLS * SECONDS / CONCURRENCY
    measured = f"{took:.2f} s against {ideal:.0f} s ideal, ratio {took / ideal:.3f}"
    return report(
        f"evaluation, {CALLS} calls of {SECONDS:.0f} s, {CONCURRENCY} at a time",
        measured,
        f"{BUDGET} x",
        took <= BUDGET * ideal,
    )


if __name__ == "__main__":
    raise SystemExit(not main())
