"""The container file: who runs in it, that its checks and its command are those of the server; built where one can."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from dermtools.retrieval import CaseBase
from tests.support.paths import ROOT

FILE = ROOT / "Containerfile"
TOKEN = "a" * 48


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """Instruction and value of each step of the stage that runs."""
    parsed = DockerfileParser(fileobj=BytesIO(FILE.read_bytes())).structure
    found = [(step["instruction"], step["value"]) for step in parsed if step["instruction"] != "COMMENT"]
    last = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def one(steps: list[tuple[str, str]], name: str) -> str:
    (value,) = [value for instruction, value in steps if instruction == name]
    return value


def test_nobody_is_root_and_nothing_secret_is_in_it(steps: list[tuple[str, str]]) -> None:
    user, _, group = one(steps, "USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    # By number, so that a cluster can tell that it is not root; and set before what runs.
    names = [name for name, _ in steps]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert not re.search("TOKEN=|KEY=|ADD |:latest|sudo", re.sub("(?m)^#.*", "", FILE.read_text(encoding="utf-8")))


def test_its_extras_are_there_and_all_that_it_copies_is_let_in() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (named,) = re.findall(r"'\.\[([\w,]+)\]'", FILE.read_text(encoding="utf-8"))
    assert set(named.split(",")) <= set(extras)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    assert let_in >= {"dermtools", "prompts", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert [name for name in let_in if not (ROOT / name).exists()] == []


def test_the_server_starts_by_its_command_and_its_check_says_when_it_is_well(
    steps: list[tuple[str, str]], tmp_path: Path
) -> None:
    base = CaseBase.create(tmp_path / "casebase", embedder="descriptor").path
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    program, *arguments = [*json.loads(one(steps, "ENTRYPOINT")), *json.loads(one(steps, "CMD"))]
    assert program == "dermtools"
    typed = [one.replace("/casebase", str(base)).replace("8765", port) for one in arguments]
    check = json.loads(one(steps, "HEALTHCHECK").partition("CMD")[2])
    check = [sys.executable, *(word.replace("8765", port) for word in check[1:])]
    assert subprocess.run(check, capture_output=True).returncode == 1
    environment = os.environ | {"DERMTOOLS_MCP_TOKEN": TOKEN, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "dermtools", *typed]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            until = time.monotonic() + 120
            while (ended := subprocess.run(check, capture_output=True).returncode) and time.monotonic() < until:
                assert server.poll() is None, server.stderr.read() if server.stderr else ""
                time.sleep(0.2)
            assert ended == 0
        finally:
            server.terminate()
            server.communicate()


def _builder() -> str | None:
    for name in ("docker", "podman"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True).returncode == 0:
            return name
    return None


def test_it_is_built_and_well_where_there_is_a_builder(tmp_path: Path) -> None:
    builder = _builder()
    if builder is None or "DERMTOOLS_BUILD_CONTAINER" not in os.environ:
        pytest.skip("no builder of containers here, or DERMTOOLS_BUILD_CONTAINER is not set: it downloads gigabytes")
    base = CaseBase.create(tmp_path / "casebase", embedder="descriptor").path
    subprocess.run([builder, "build", "--file", str(FILE), "--tag", "dermtools:test", str(ROOT)], check=True)
    run = [builder, "run", "--detach", "--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    run += ["--user", f"{os.getuid() or 10001}", "--env", f"DERMTOOLS_MCP_TOKEN={TOKEN}"]
    base.chmod(0o755)
    started = subprocess.run(
        [*run, "--volume", f"{base}:/casebase:ro", "dermtools:test"], capture_output=True, text=True, check=True
    )
    container = started.stdout.strip()
    try:
        check = [builder, "exec", container, "python", "-c"]
        asks = "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"
        until = time.monotonic() + 120
        while (ended := subprocess.run([*check, asks], capture_output=True).returncode) and time.monotonic() < until:
            time.sleep(0.5)
        assert ended == 0
        assert subprocess.run([*check, "open('/opt/x', 'w')"], capture_output=True).returncode == 1
    finally:
        subprocess.run([builder, "kill", container], capture_output=True)
