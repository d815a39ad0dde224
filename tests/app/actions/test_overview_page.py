"""Who receives a picture is read wherever one can be brought, before it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dermtools.retrieval import CaseBase
from tests.support.app_server import Tab, serving
from tests.support.embedding_endpoint import EndpointServer
from tests.support.loopback import running
from tests.support.pictures import picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_every_view_that_takes_pictures_names_the_endpoint_that_embeds_them(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_tab: Callable[..., Tab]
) -> None:
    monkeypatch.setenv("MI2_API_KEY", "secret")
    endpoint = EndpointServer()
    with running(endpoint):
        case_base = CaseBase.create(tmp_path / "cases", embedder=f"medimageinsight:{endpoint.url}")
        rows = [{"case_id": f"c{i}", "image": picture(i), "site": ("arm", "foot")[i % 2]} for i in range(6)]
        case_base.add(rows, tasks=["site"])
        asked = len(endpoint.bodies)
        model = ("--model", "openai:gpt-4.1", "--base-url", "http://127.0.0.1:9/v1")
        with serving(case_base.path, *model, OPENAI_API_KEY="sk-of-the-tests") as server:
            tab = open_tab()
            tab.page.goto(server.address)
            for view in ("", "ask", "ask?of=case:c1", "chat", "?of=case:c1"):
                tab.page.goto(f"{server.origin}/{view}")
                told = tab.page.get_by_text(f"are sent to 127.0.0.1:{endpoint.server_address[1]}, which embeds them")
                expect(told).to_be_visible()
                expect(tab.page.get_by_text("Nothing leaves this machine")).to_have_count(0)
            tab.check()
        assert len(endpoint.bodies) == asked
