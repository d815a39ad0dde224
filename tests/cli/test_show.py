"""`dermtools show`, as typed in a terminal."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from dermtools.cli.show import drawn
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


def test_a_case_is_shown_with_what_is_private_named_so(run: Run, sample_base: Path, tmp_path: Path) -> None:
    base = shutil.copytree(sample_base, tmp_path / "base")
    CaseBase.open(base).attributes.hide("age")
    said = run("show", base, "drawn_p03_1").out
    assert "drawn_p03_1: of drawn_p03, split train, 384 x 384 pixels" in said
    assert "age           38      private" in said
    assert "location    abdomen" in said
    assert "▀" not in said
    found = run("show", base, "drawn_p03_1", "-k", "2", "--json").json
    assert (found["private"], "age" in found["attributes"]) == (["age"], False)
    near = CaseBase.open(base).search(case_id="drawn_p03_1", k=2)
    assert [one["case_id"] for one in found["neighbors"]] == near.case_ids


def test_a_picture_is_drawn_in_a_terminal_alone_and_where_there_is_one(
    run: Run, sample_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert run("show", sample_base, "drawn_p03_1", "-k", "0").out.count("▀") == 48 * 24
    assert "▀" not in run("show", sample_base, "drawn_p03_1", "-k", "0", "--no-picture").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "▀" not in run("show", sample_base, "drawn_p03_1", "-k", "0").out


def test_each_cell_has_the_colours_of_two_pixels() -> None:
    picture = Image.new("RGB", (40, 40), (250, 10, 10))
    picture.paste((10, 10, 250), (0, 20, 40, 40))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95)
    text = drawn(stream.getvalue(), columns=4)
    assert text.plain == "▀▀▀▀\n" * 2
    above, below = (text.spans[at].style for at in (0, -1))
    for style, red in ((above, True), (below, False)):
        for colour in (style.color.triplet, style.bgcolor.triplet):
            assert (colour.red > 200, colour.blue > 200) == (red, not red)
