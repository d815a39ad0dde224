"""An ingest may be killed (SIGKILL) at any moment: nothing is lost, doubled or embedded twice, the case base opens."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases.store import CaseStore

CASES, BATCH = 160, 4

# One process imports what takes long and forks a child for every ingest. Lance itself is imported by the
# children, because it starts a thread.
NURSERY = f"""
import io, os, signal, sys, threading, time
import numpy as np, pyarrow.dataset
from PIL import Image
from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.store import CaseStore
from dermtools.retrieval.ingest.writing import ingest

class Slow:
    spec = "slow"
    identity = EmbedderIdentity(name="slow", revision="1", preprocessing="none", dimension=3, normalized=False)
    dimension = 3
    image_side = 8

    def __init__(self, log):
        self.log = log

    def embed_images(self, images):
        time.sleep(0.015)
        with open(self.log, "a") as log:
            log.write("x" * len(images))
        return np.array([np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images])

def picture(number):
    out = io.BytesIO()
    Image.new("RGB", (12, 9), (number, 255 - number, 7)).save(out, "PNG")
    return out.getvalue()

def case(number):
    labels = {{"location": (("face", "hand")[number % 2],)}}
    return SourceCase(Case(case_id=f"case{{number}}", group_id=f"g{{number // 3}}", labels=labels), picture(number))

task = Task(name="location", question="Where?", labels=("face", "hand"))
source = SourceData(name="drawn", tasks=(task,), cases=tuple(case(number) for number in range({CASES})))

def die(folder, goal, delay):
    log = os.path.join(folder, "log")
    while (not os.path.exists(log) or os.path.getsize(log) < goal) if goal else not os.listdir(folder):
        time.sleep(0.001)
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)

def run(folder):
    embedder = Slow(os.path.join(folder, "log"))
    base = os.path.join(folder, "base")
    if os.path.exists(base):
        store = CaseStore.open(base)
    else:
        store = CaseStore.create(base, embedder_spec="slow", identity=Slow.identity)
    ingest(store, embedder, source, batch_size={BATCH})

print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        status = 1
        folder, goal, delay = line.rsplit(maxsplit=2)
        if int(goal) >= 0:
            threading.Thread(target=die, args=(folder, int(goal), float(delay)), daemon=True).start()
        try:
            run(folder)
            status = 0
        finally:
            os._exit(status)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Nursery:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.read() == "ready"

    def read(self) -> str:
        return self.process.stdout.readline().strip()

    def ingest(self, folder: Path, *, killed_at: int = -1, delay: float = 0.0) -> int:
        """Ingest into `folder/base`; 0 if it ended well, 9 if it was killed.

        Args:
            folder: where to.
            killed_at: die, `delay` seconds after so many pictures were embedded; 0: after there is a folder. The
                process watches itself, so that a busy machine cannot let it finish first. -1: never.
        """
        self.process.stdin.write(f"{folder} {killed_at} {delay}\n")
        self.process.stdin.flush()
        return int(self.read())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def embedded(folder: Path) -> int:
    log = folder / "log"
    return log.stat().st_size if log.exists() else 0


def contents(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything that is stored, read as a user would."""
    store = CaseStore.open(folder / "base")
    columns, vectors = store.columns_and_vectors()
    assert len(set(columns.case_ids)) == len(columns) == len(store)
    jpegs = store.jpegs(columns.case_ids)
    nearest = np.linalg.norm(vectors[:, None] - vectors[None], axis=2).argmin(axis=1) if len(columns) else []
    assert list(nearest) == list(range(len(columns)))
    return {
        case_id: (columns.case(row), columns.content_hashes[row], tuple(vectors[row].tolist()), jpegs[case_id])
        for row, case_id in enumerate(columns.case_ids)
    }


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    """What an ingest that nobody disturbs leaves."""
    folder = tmp_path_factory.mktemp("whole")
    assert nursery.ingest(folder) == 0
    assert embedded(folder) == CASES
    found = contents(folder)
    assert len(found) == CASES
    return found


def test_ten_kills_lose_and_double_nothing(
    nursery: Nursery, whole: dict[str, tuple[object, ...]], tmp_path: Path
) -> None:
    before, kills = 0, 0
    for kill in range(10):
        # Two batches after where the last one ended, and a little later each time: in the embedder, before, in and
        # after a commit.
        goal = embedded(tmp_path) + 2 * BATCH if kill else BATCH
        kills += nursery.ingest(tmp_path, killed_at=min(goal, CASES), delay=0.003 * kill) == signal.SIGKILL
        found = contents(tmp_path)
        assert found.items() <= whole.items()
        assert embedded(tmp_path) <= len(found) + (kill + 1) * BATCH
        assert len(found) >= before
        before = len(found)
    assert kills == 10
    already, count = len(contents(tmp_path)), embedded(tmp_path)
    assert nursery.ingest(tmp_path) == 0
    assert contents(tmp_path) == whole
    assert embedded(tmp_path) - count == CASES - already


@pytest.mark.parametrize("after", range(4))
def test_a_kill_while_the_case_base_is_made_or_finished_leaves_it_whole(
    nursery: Nursery, whole: dict[str, tuple[object, ...]], tmp_path: Path, after: int
) -> None:
    """Killed as soon as there is a folder, and while the last batch is written and the files are joined."""
    assert nursery.ingest(tmp_path, killed_at=0, delay=0.002 * after) == signal.SIGKILL
    if (tmp_path / "base").exists():
        assert contents(tmp_path).items() <= whole.items()
    nursery.ingest(tmp_path, killed_at=CASES, delay=0.01 * after)
    assert contents(tmp_path).items() <= whole.items()
    assert nursery.ingest(tmp_path) == 0
    assert contents(tmp_path) == whole
