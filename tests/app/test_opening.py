"""The browser is opened by a file that only its owner reads: an address on a command line is everybody's."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dermtools.app.opening import opened_in_browser

ADDRESS = "http://127.0.0.1:8421/#token=secret&more"


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script here")
def test_the_command_line_holds_no_token_and_the_file_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "arguments"
    browser = tmp_path / "browser"
    os.mkfifo(told)
    browser.write_text(f'#!/bin/sh\necho "$@" > {told}\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setattr("webbrowser._tryorder", None)
    with opened_in_browser(ADDRESS):
        command = told.read_text().strip()
        page = Path(unquote(urlsplit(command).path))
        assert "secret" not in command
        assert "url=http://127.0.0.1:8421/#token=secret&amp;more" in page.read_text()
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    assert not page.exists()
