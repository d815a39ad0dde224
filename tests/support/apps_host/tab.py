"""A conversation in a browser's tab: a host, and the page that it shows of a tool's result."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, expect

from tests.support.app_server import Tab


class Talk:
    """What a host shows in a tab, connected to a server."""

    def __init__(self, tab: Tab, origin: str, server: str) -> None:
        self.tab = tab
        self.requests: list[str] = []
        tab.page.on("request", lambda one: self.requests.append(one.url) if one.frame.parent_frame else None)
        tab.page.goto(origin)
        tab.page.evaluate("url => host.connect(url)", server)

    def open(self, tool: str, given: dict[str, Any], **options: Any) -> Frame:
        """The model calls a tool; the page that shows the result."""
        self.tab.page.evaluate("given => host.open(...given)", [tool, given, options])
        return self.frame

    @property
    def frame(self) -> Frame:
        """The page."""
        return self.tab.page.frames[-1]

    def seen(self, what: str) -> Any:
        """What the page told the host so far: `context`, `messages`, `calls`, `heights`."""
        return self.tab.page.evaluate("what => host.seen[what]", what)

    def context(self) -> str:
        """What the model will be told of the page."""
        return str(self.seen("context")[-1]["content"][0]["text"])

    def wait_for(self, condition: str) -> None:
        """Until a condition on the host's side holds."""
        self.tab.page.wait_for_function(condition)

    def look(self) -> None:
        """Every picture is there."""
        expect(self.frame.locator("img").first).to_be_visible()
        expect(self.frame.locator("img[aria-busy=true]")).to_have_count(0)

    def check(self) -> None:
        """Nothing on the console, from axe-core, wider than the frame, higher than it, or asked of the network."""
        assert self.tab.problems == []
        found = Axe().run(self.frame)  # type: ignore[arg-type]  # it evaluates, which a frame does too
        assert found.violations_count == 0, found.generate_report()
        assert self.frame.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
        self.tab.page.wait_for_function(
            "Math.abs(document.querySelector('iframe').clientHeight - host.seen.heights.at(-1)) <= 1"
        )
        assert self.frame.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), "it is cut off"
        assert [url for url in self.requests if not url.startswith(("data:", "about:"))] == []
