"""An error that leaves the machine says everything but where something lies."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.errors import QueryError
from dermtools.hidden_paths import client_text, without_paths


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("no case 'x' in /home/anna/base", "no case 'x' in [a path]"),
        ("/data/Mueller, Hans/x is damaged: restore it", "[a path] is damaged: restore it"),
        ("no model file /models/Mueller Hans/my model.onnx", "no model file [a path]"),
        ("make one: dermtools ingest SOURCE '/data/my cases'", "make one: dermtools ingest SOURCE [a path]"),
        ("no file /data/Praxis Dr. Mueller/m.onnx; was it moved?", "no file [a path]; was it moved?"),
        ("onnx:/models/m.onnx: bad and/or worse", "onnx:[a path]: bad and/or worse"),
        (r"C:\Users\Anna\x.png: no such file", "[a path]: no such file"),
        (r"'\\server\share\x' is no folder", "[a path] is no folder"),
        ("~/cases/x cannot be read (now in /home/anna)", "[a path] cannot be read (now in [a path])"),
        ("file:///home/anna/x: a URL", "[a path]: a URL"),
    ],
)
def test_an_absolute_path_is_left_out(said: str, read: str) -> None:
    assert without_paths(said) == read


@pytest.mark.parametrize(
    "said", ["https://example.org/a/b answered 404", "dermtools://cases/x", "dd/mm/yyyy, and/or, 1/2", "</data>"]
)
def test_what_is_no_path_stays(said: str) -> None:
    assert without_paths(said) == said


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=2, max_size=5))
def test_no_part_of_a_path_is_left(parts: list[str]) -> None:
    assert without_paths(f"cannot read /{'/'.join(parts)}: denied") == "cannot read [a path]: denied"


def test_a_known_path_is_named_by_what_it_is_relative_and_resolved_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Praxis Mueller" / "base").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "Praxis Mueller")
    monkeypatch.chdir(tmp_path)
    known = {Path("link/base"): "the case base"}
    for written in (
        "link/base",
        f"{tmp_path}/link/base",
        f"{tmp_path}/Praxis Mueller/base",
        str(tmp_path / "link/base")[1:],
    ):
        assert without_paths(f"no case 'x' in {written}", known) == "no case 'x' in the case base"


def test_what_is_kept_from_a_client_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert client_text(QueryError("no task 'x'")) == "no task 'x'"
        assert caplog.messages == []
        assert client_text(QueryError("no case in /home/anna/base")) == "no case in [a path]"
    assert caplog.messages == ["no case in /home/anna/base"]
