"""`--max-pixels` and `--max-image-bytes`, on every command that opens pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from typer.main import get_command

from dermtools.cli.app import app
from dermtools.images.limits import BYTES_VARIABLE, MEMORY_VARIABLE, PIXELS_VARIABLE, SECONDS_VARIABLE
from tests.support.command_line import Run


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options go into the environment of this process; put it back after each test."""
    for variable in (PIXELS_VARIABLE, BYTES_VARIABLE, SECONDS_VARIABLE, MEMORY_VARIABLE):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


@pytest.mark.parametrize("name", ["ingest", "search", "classify", "prompt", "evaluate", "study", "chat", "mcp"])
def test_every_command_that_opens_pictures_has_the_options(name: str) -> None:
    options = {option for parameter in get_command(app).commands[name].params for option in parameter.opts}
    assert {"--max-pixels", "--max-image-bytes", "--max-decoding-seconds", "--max-decoding-bytes"} <= options


def test_the_option_that_a_refusal_names_raises_the_limit(run: Run, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / "set" / f"label{number}").mkdir(parents=True)
        Image.new("RGB", (300, 200), (90, 60 * number, 30)).save(tmp_path / "set" / f"label{number}" / "a.png")
    low = run("ingest", tmp_path / "set", tmp_path / "base", "--max-pixels", 59_999, "--json").json
    assert low["added"] == 0
    assert all("raise --max-pixels (DERMTOOLS_MAX_PIXELS" in problem["reason"] for problem in low["problems"])
    assert run("ingest", tmp_path / "set", tmp_path / "base", "--max-pixels", 60_000, "--json").json["added"] == 2


def test_a_query_keeps_to_the_limits_of_the_option_and_of_the_environment(
    run: Run, sample_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (300, 200)).save(tmp_path / "a.png")
    done = run("search", sample_base, tmp_path / "a.png", "--max-image-bytes", 20)
    assert done.code == 1
    assert "raise --max-image-bytes" in done.err
    os.environ.pop(BYTES_VARIABLE)
    monkeypatch.setenv(PIXELS_VARIABLE, "100")
    assert "raise --max-pixels" in run("search", sample_base, tmp_path / "a.png").err
    assert run("search", sample_base, tmp_path / "a.png", "--max-pixels", 60_000).code == 0


@pytest.mark.parametrize("value", ["0", "-5", "many"])
def test_a_senseless_limit_is_one_line(run: Run, sample_base: Path, tmp_path: Path, value: str) -> None:
    done = run("search", sample_base, tmp_path / "a.png", "--max-pixels", value)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "--max-pixels" in done.err
