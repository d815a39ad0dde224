"""Servers as processes of their own, as assistants start them, and the toolkit that they have to agree with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dermtools.agent import DermToolkit, ImageGrants
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import HttpServer, http_server


@pytest.fixture
def toolkit(case_base: CaseBase) -> DermToolkit:
    return DermToolkit.over(case_base, grants=ImageGrants.allow(data_urls=True), pictures="content")


@pytest.fixture(scope="session")
def web(case_base: CaseBase) -> Iterator[HttpServer]:
    """A server over loopback HTTP, without a token."""
    with http_server(case_base.path) as server:
        yield server
