"""A cluster of one machine's own: what it leaves behind, and what cannot be reached."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases import load_source
from dermtools.distributed.cluster import ClusterError, cluster
from dermtools.errors import MissingExtraError
from dermtools.retrieval import CaseBase
from tests.support.held_embedder import until
from tests.support.ray_cluster import OWN_WARNINGS

pytestmark = [pytest.mark.filterwarnings(warning) for warning in OWN_WARNINGS]

TRY = """
import sys
from dermtools.distributed.cluster import ClusterError, cluster
try:
    with cluster(sys.argv[1]):
        print("connected")
except ClusterError as error:
    print(error)
"""
"""In a process of its own: one that has imported Ray keeps what it read then, and may be connected already."""


def test_an_ingest_over_this_machine_leaves_nothing_behind(tmp_path: Path) -> None:
    if find_spec("lance_ray") is None:  # not imported here: Ray reads its token once, and another test gives it one
        pytest.skip("Ray is not installed: pip install 'dermtools[ray]'")
    mark = uuid.uuid4().hex
    home, before = tmp_path / "home", set(Path("/tmp").glob("dermtools-ray-*"))
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"HOME": str(home), "DERMTOOLS_TEST_MARK": mark}
    command = [sys.executable, "-m", "dermtools", "ingest", "sample", tmp_path / "cases", "--embedder", "descriptor"]
    done = subprocess.run([*command, "--ray", "local"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "cases added" in done.stdout
    assert not {path.name for path in home.iterdir()} & {".ray"}
    assert len(CaseBase.open(tmp_path / "cases")) > 200
    assert set(Path("/tmp").glob("dermtools-ray-*")) - before == set()
    until(lambda: not any(mark in _environment(place) for place in Path("/proc").glob("[0-9]*")))


def test_workers_write_into_an_object_store_what_one_machine_writes(address: str, tmp_path: Path) -> None:
    if find_spec("lance_ray") is None:
        pytest.skip("Ray is not installed: pip install 'dermtools[ray]'")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [sys.executable, "-m", "dermtools", "ingest", "sample", address, "--embedder", "descriptor"]
    done = subprocess.run([*command, "--ray", "local"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    alone, there = CaseBase.create(tmp_path / "alone", embedder="descriptor"), CaseBase.open(address)
    alone.add(load_source("sample"))
    assert list(there.columns.case_ids) == list(alone.columns.case_ids)
    assert np.array_equal(there.vectors, alone.vectors)


def test_an_address_that_is_none_is_told_in_one_line() -> None:
    with pytest.raises(ClusterError, match="client protocol is not supported"), cluster("ray://10.0.0.1:10001"):
        pass


@pytest.mark.parametrize(("address", "words"), [("nowhere", "give HOST:PORT"), ("127.0.0.1:99999", "nothing answers")])
def test_where_nothing_answers_is_told_before_ray_tries_for_minutes(address: str, words: str) -> None:
    done = subprocess.run([sys.executable, "-c", TRY, address], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'dermtools\[ray\]'"), cluster("local"):
        pass


def _environment(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace")
    except OSError:
        return ""
