"""Commands over a case base on an object store, as typed in a terminal."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from dermtools.cases import CaseStore
from dermtools.errors import CaseBaseError
from dermtools.retrieval import CaseBase
from tests.support.app_server import serving
from tests.support.command_line import Run
from tests.support.mcp_processes import stdio
from tests.support.object_stores import SECRET
from tests.support.patience import SAFETY_NET
from tests.support.pictures import picture

CASES = 24
COMMAND = (sys.executable, "-c", "from dermtools.cli import main; main()")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = []
    for number in range(CASES):
        (tmp_path / f"p{number}.jpg").write_bytes(picture(number))
        split = ("train", "valid", "test")[number // 2 % 3]
        rows.append([f"c{number:02}", f"p{number}.jpg", f"g{number // 2}", split, ("face", "hand")[number % 2]])
    path = tmp_path / "records.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["case_id", "image", "group_id", "split", "location"], *rows])
    return path


def _ingest(table: Path, address: str) -> tuple[object, ...]:
    return ("ingest", table, address, "--embedder", "descriptor", "--task", "location", "--batch-size", "4")


def test_each_command_goes_the_whole_way(run: Run, table: Path, address: str, tmp_path: Path) -> None:
    done = run(*_ingest(table, address))
    assert done.code == 0, done.err
    assert f"{address}: {CASES} cases added" in " ".join(done.out.split())
    said = {}
    for command in (
        ("info", address, "--json"),
        ("doctor", address, "--offline", "--json"),
        ("cases", address, "--json"),
        ("history", address, "--json"),
        ("check", address, "--json"),
        ("search", address, "--case", "c00", "--json"),
        ("search", address, table.with_name("p0.jpg"), "--json"),
        ("classify", address, table.with_name("p0.jpg"), "--task", "location", "--method", "knn-vote-5", "--json"),
        ("evaluate", address, "--task", "location", "--methods", "knn-vote-5", "--out", tmp_path / "run", "--json"),
        ("train", address, "--task", "location", "--kind", "linear-probe", "--json"),
        ("classify", address, "--case", "c00", "--task", "location", "--method", "linear-probe", "--json"),
    ):
        done = run(*command)
        assert done.code in (0, 1 if command[0] == "check" else 0), (command, done.err)
        assert SECRET not in done.out + done.err
        said[command[0], command[2]] = done.json
    assert said["info", "--json"]["cases"] == CASES
    local = tmp_path / "local"
    assert run(*_ingest(table, str(local))).code == 0
    here = run("search", local, "--case", "c00", "--json").json
    assert said["search", "--case"]["neighbors"] == here["neighbors"]


def test_an_edit_and_its_undoing(run: Run, table: Path, address: str) -> None:
    run(*_ingest(table, address))
    changed = run("relabel", address, "c00", "location=hand", "--json")
    assert changed.code == 0, changed.err
    undo = changed.json["undo"].split()[1:]
    assert undo[1] == address
    assert run(*undo).code == 0
    assert CaseBase.open(address).case("c00").labels["location"] == ("face",)
    gone = run("delete", address, "--case", "c01", "--yes", "--json")
    assert gone.json["cases"] == 1
    refused = run("reembed", address, "--embedder", "efficientnet-lite0")
    assert refused.code == 1
    assert "--into FOLDER" in " ".join(refused.err.split())


def test_a_missing_one_is_one_line(run: Run, address: str) -> None:
    for command in (("info", address), ("mcp", address), ("search", address, "--case", "x")):
        done = run(*command)
        assert done.code == 1
        assert f"no case base at {address}" in done.err.replace("\n", "")
    leaky = run("info", address.replace("s3://", f"s3://key:{SECRET}@"))
    assert leaky.code != 0
    assert SECRET not in leaky.out + leaky.err


def test_a_killed_ingest_goes_on_and_readers_see_whole_versions(table: Path, address: str) -> None:
    command = [*COMMAND, *map(str, _ingest(table, address))]
    sizes = set[int]()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + SAFETY_NET
    while process.poll() is None and time.monotonic() < until:
        try:
            store = CaseStore.open(address)
        except CaseBaseError:  # not there yet
            time.sleep(0.02)
            continue
        sizes.add(len(store.columns()))
        if len(store) >= 8:
            process.send_signal(signal.SIGKILL)
            break
    process.wait(SAFETY_NET)
    assert all(size % 4 == 0 for size in sizes)
    resumed = subprocess.run(command, capture_output=True, text=True, timeout=SAFETY_NET, check=False)
    assert resumed.returncode == 0, resumed.stderr
    columns = CaseStore.open(address).columns()
    assert sorted(columns.case_ids) == [f"c{number:02}" for number in range(CASES)]


async def test_the_server_of_tools_answers_from_it(run: Run, table: Path, address: str) -> None:
    run(*_ingest(table, address))
    async with stdio(address, **os.environ) as client:  # type: ignore[arg-type]
        found = await client.call_tool("search_similar_cases", {"image": "case:c00"})
        assert not found.is_error, found
        CaseBase.open(address).delete(["c01"])
        about = await client.call_tool("describe_case_base", {})
        assert str(CASES - 1) in str(about.structured_content or about.content)
        assert SECRET not in str(about)


def test_the_page_shows_it(run: Run, table: Path, address: str) -> None:
    run(*_ingest(table, address))
    with serving(address) as server:
        assert httpx.get(server.origin, timeout=SAFETY_NET).status_code == 200
