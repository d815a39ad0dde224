"""A newcomer's first ten minutes in a terminal of 80 columns: what is seen, and what is never seen."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dermtools.cases import load_source
from tests.support.openai_requests import OpenAISchemas
from tests.support.streaming_server import StreamingOpenAIServer
from tests.support.terminal import COLUMNS, CTRL_C, CTRL_D, PROGRAM, Seen, watch

TO_DO = re.compile(
    r"did you mean|there are:|see dermtools|make one|check|give|name|run|choose|add|correct|write|take|put|wait"
)
"""Words that tell what to do."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of one's own, `mine.csv`, whose last picture is missing."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "my photos").mkdir()
    with (folder / "mine.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "file", "patient_id", "split", "location"])
        for item in load_source("sample").cases[:60]:
            case, name = item.case, f"my photos/{item.case.case_id}.jpg"
            (folder / name).write_bytes(bytes(item.image))
            rows.writerow([case.case_id, name, case.group_id, case.split, *case.labels["location"]])
        rows.writerow(["last", "my photos/none.jpg", "p99", "train", "hand"])
    return folder


@pytest.fixture(scope="module")
def walk(home: Path) -> list[Seen]:
    """The walk, each step in the state that those before it left."""

    def go(*arguments: object, keys: tuple[tuple[str, bytes], ...] = ()) -> Seen:
        return watch(*arguments, cwd=home, keys=keys)

    return [
        go(),
        go("ingest", "mine.csv", "my-cases"),
        go("info", "my-cases"),
        go("check", "my-cases"),
        go("search", "my-cases", "--case", "drawn_p03_1", "-k", "5", "--html", "similar.html"),
        go("classify", "my-cases", "--case", "drawn_p03_1", "--task", "location"),
        go("train", "my-cases", "--task", "location", "--kind", "linear-probe"),
        go("prompts", "list"),
        go("prompt", "my-cases", "--case", "drawn_p03_1", "--task", "location"),
        go("evaluate", "my-cases", "--task", "location", "--out", "run"),
        go("compare", "run"),
        go("search", "my-cases", "--cas", "drawn_p03_1"),
        go("search", "my-case", "--case", "drawn_p03_1"),
        go("search", "my-cases", "my photos/drawn_p03_1.jpgg"),
        go("search", "my-cases", "my photos"),
        go("search", "my-cases"),
        go("info", "mine.csv"),
        go("info", "my photos"),
        go("classify", "my-cases", "--case", "drawn_p03_1", "--task", "locaton"),
        go("prompt", "my-cases", "--case", "drawn_p03_1", "--task", "location", "--method", "rag"),
        go("ingest", "mine.cvs", "other"),
    ]


def test_what_is_right_ends_well_and_what_is_wrong_says_so(walk: list[Seen]) -> None:
    assert [one.code for one in walk] == [2, *[0] * 10, 2, *[1] * 9], [(one.command, one.text) for one in walk]


def test_no_step_shows_a_traceback_or_a_code_of_the_terminal(walk: list[Seen]) -> None:
    for one in walk:
        assert "Traceback" not in one.text, one.text
        assert "\x1b" not in one.text


def test_every_error_says_what_to_do(walk: list[Seen]) -> None:
    wrong = [one for one in walk[1:] if one.code]
    assert [one.command for one in wrong if not one.text.startswith("error: ")] == []
    assert [one.text for one in wrong if not TO_DO.search(one.text)] == []


READING = ("info", "prompts", "prompt", "search", "compare")


def test_no_word_is_broken_at_the_edge(home: Path, walk: list[Seen]) -> None:
    """Every word on the screen is one of what a pipe gets, where no line is broken."""
    for one in walk:
        typed = shlex.split(one.command)
        if one.code or typed[1] not in READING:
            continue
        environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        piped = subprocess.run(
            [sys.executable, "-c", PROGRAM, *typed[1:]],
            cwd=home, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen = {word for line in one.lines for word in line.split() if not set(word) <= set("─━")}
        assert seen - set(piped.stdout.split()) == set(), one.command
        assert max(map(len, one.lines)) <= COLUMNS


def test_a_missing_picture_is_named_with_its_row(walk: list[Seen]) -> None:
    assert "none.jpg" in walk[1].text
    assert "60 cases added" in walk[1].text


@pytest.mark.parametrize("command", ["ingest mine.csv piped", "info my-cases", "search my-cases --case drawn_p03_1"])
def test_a_pager_that_is_left_is_no_error(home: Path, walk: list[Seen], command: str) -> None:
    line = f"dermtools {command} 2>/dev/null | head -1; echo ${{PIPESTATUS[0]}}"
    seen = watch(cwd=home, shell=line)
    assert len(seen.lines) == 2
    assert seen.lines[-1] == "0"


def test_ctrl_c_says_what_is_kept_and_the_command_that_goes_on(home: Path) -> None:
    typed = ("ingest", "sample", "my other cases", "--batch-size", "4", "--embedder", "descriptor")
    stopped = watch(*typed, cwd=home, keys=(("8/215", CTRL_C),))
    assert stopped.code == 130
    found = re.search(r"interrupted: (\d+) cases are kept in my other cases; to go on, run", stopped.text)
    assert found
    assert int(found[1]) >= 4
    assert stopped.text.endswith("dermtools ingest sample 'my other cases' --batch-size 4 --embedder descriptor")
    resumed = watch(*typed, cwd=home)
    assert f"{215 - int(found[1])} cases added" in resumed.text


@pytest.mark.parametrize("command", ["evaluate", "study"])
def test_the_question_before_paid_calls_is_seen_and_says_who_gets_what(
    home: Path, walk: list[Seen], schemas: OpenAISchemas, tmp_path: Path, command: str
) -> None:
    extra = ("--methods", "rag-2") if command == "evaluate" else ("--vary", "shots=2")
    with StreamingOpenAIServer(schemas) as server:
        place = ("--out", tmp_path / "run", "--model", "openai:gpt-4.1", "--base-url", server.url, "--limit", 3)
        ask = (command, "my-cases", "--task", "location", *extra, *place)
        refused = watch(*ask, cwd=home, keys=(("[y/N]", b"n\n"),))
        assert len(server.requests) == 0
        left = watch(*ask, cwd=home, keys=(("[y/N]", CTRL_D),))
        assert len(server.requests) == 0
        sent = watch(*ask, cwd=home, keys=(("[y/N]", b"y\n"),))
        assert len(server.requests) == 3
        host = server.url.split("/")[2]
    assert (refused.code, left.code, sent.code) == (1, 130, 0), sent.text
    for seen in (refused, sent):
        before = seen.text.partition("[y/N]")[0]
        for said in ("3 calls", "tokens in", "$", f"gpt-4.1 at {host}", "9 pictures", "Send 3 calls?"):
            assert said in before
        assert "━" not in before
    assert "Nothing was sent." in refused.text
