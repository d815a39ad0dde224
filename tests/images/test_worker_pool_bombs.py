"""Every bomb, decoded as tools decode pictures: one clear line, and never more than 500 MB."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support.bombs import BY_HEADER, HARMLESS, IN_WORKER
from tests.support.paths import ROOT
from tests.support.patience import SAFETY_NET

SCRIPT = """
import json, resource, sys
from pathlib import Path
from dermtools.errors import ImageError
from dermtools.images import ImageLimits, WorkerLimits, open_image
from dermtools.images.worker_pool import POOL

limits, texts = ImageLimits(32 << 20, 60_000_000, WorkerLimits(float(sys.argv[2]))), {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        open_image(path, min_side=512, limits=limits, name=path.name)
        texts[path.name] = ""
    except ImageError as error:
        texts[path.name] = str(error)
POOL.close()
print(json.dumps({"texts": texts, "peak": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a fresh process says of each bomb, and the most resident memory, in bytes, that its workers took."""
    folder = tmp_path_factory.mktemp("bombs")
    for name, make in ({name: maker for name, (maker, _) in (BY_HEADER | IN_WORKER).items()} | HARMLESS).items():
        (folder / name).write_bytes(make())
    command = [sys.executable, "-c", SCRIPT, str(folder), str(SAFETY_NET)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=SAFETY_NET, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", BY_HEADER | IN_WORKER)
def test_a_bomb_is_one_line_that_names_it_and_the_reason(name: str, outcome: Any) -> None:
    text, reason = outcome["texts"][name], (BY_HEADER | IN_WORKER)[name][1]
    assert text.startswith(f"{name}: ")
    assert re.search(reason, text), text
    assert len(text.splitlines()) == 1
    assert len(text) < 300


@pytest.mark.parametrize("name", HARMLESS)
def test_what_costs_and_is_not_needed_is_left_out(name: str, outcome: Any) -> None:
    assert outcome["texts"][name] == ""


def test_no_bomb_takes_more_than_500_megabytes(outcome: Any) -> None:
    assert outcome["peak"] < 500_000_000
