"""Fixtures for tests of sources."""

from __future__ import annotations

import pytest


@pytest.fixture
def folder(tmp_path):
    """A folder with picture files `1.jpg` to `4.jpg`."""
    for number in range(1, 5):
        (tmp_path / f"{number}.jpg").write_bytes(b"picture %d" % number)
    return tmp_path
