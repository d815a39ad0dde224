"""Pictures of a terminal show what commands print, and nothing of the machine or the day on which they were made."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from docs.generator import terminal_pictures
from docs.generator.terminal_pictures import FOLDER, PICTURES, picture, printed

_OF_A_MACHINE = re.compile(r"/(?:tmp|home|root|Users)\b|\b20[2-9]\d\b|\b\d+\.\d+\.\d+|\d [kMG]B\b|\d s\b")


def said(svg: str) -> str:
    """The words of a picture."""
    return html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_in_a_picture_is_of_a_machine_or_a_day(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert f"dermtools {name} my-cases" in said(svg)
    assert _OF_A_MACHINE.findall(said(svg)) == []
    assert re.findall(r"(?:href|url|src)[=(]\W*https?:", svg) == []
    assert len(svg) < 20_000


def test_a_picture_is_as_it_would_be_made_now(sampled: Path) -> None:
    made = picture("search", printed(PICTURES["search"].arguments, sampled.parent))
    assert said(made) == said((FOLDER / "search.svg").read_text(encoding="utf-8"))


def test_lines_of_a_machine_are_left_out() -> None:
    made = said(picture("doctor", "packages  torch 1.2.3\nkeys  none\n  6 MB, 5 GB free; can be written\nnext  go on"))
    assert ("keys" in made, "next" in made, "torch" in made, "free" in made) == (True, True, False, False)


def test_there_is_no_picture_beside_those_that_are_made() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(terminal_pictures.PICTURES)
