"""Progress is a bar for people and stays out of the way of programs."""

from __future__ import annotations

import io

from dermtools.progress import bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_for_every_stage() -> None:
    stream = Terminal()
    with bar(stream) as progress:
        progress.start(3, "reading [red]pictures")
        progress.advance(3)
        progress.start(5, "checking")
        progress.advance()
    shown = stream.getvalue()
    assert "reading [red]pictures" in shown
    assert "3/3" in shown
    assert "1/5" in shown


def test_short_work_is_silent_elsewhere() -> None:
    stream = io.StringIO()
    with bar(stream) as progress:
        progress.start(2, "reading")
        progress.advance(2)
    assert stream.getvalue() == ""


def test_long_work_says_where_it_is_in_a_log() -> None:
    stream = io.StringIO()
    with bar(stream, log_seconds=0) as progress:
        progress.start(7, "reading")
        progress.advance(2)
        progress.advance()
    assert stream.getvalue() == "reading: 2 of 7\nreading: 3 of 7\n"
