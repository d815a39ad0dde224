"""The generated part of docs/clients.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from tests.clients.running import Outcome
from tests.clients.steps import STEPS
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "clients.md"
BEGIN, END = "<!-- written by `make clients`: begin -->", "<!-- end -->"
SIGNS = {"passed": "yes", "not offered": "-", "failed": "**no**"}


def write(outcomes: list[Outcome], suites: list[Outcome], today: date) -> None:
    """Put what clients and suites did between the page's markers."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [BEGIN, f"Driven on {today.isoformat()}.", "", *rows(outcomes), "", *remarks(outcomes)]
    if suites:
        lines += ["", *suite_rows(suites), "", *remarks(suites)]
    PAGE.write_text(before + "\n".join(lines).rstrip() + "\n" + END + after, encoding="utf-8")


def rows(outcomes: list[Outcome]) -> Iterator[str]:
    """One row a client, one column a step."""
    yield "| client | version | " + " | ".join(STEPS) + " |"
    yield "| --- " * (2 + len(STEPS)) + "|"
    for client in dict.fromkeys(one.client for one in outcomes):
        own = {one.step: one for one in outcomes if one.client == client}
        version = next((one.version for one in own.values()), "")
        yield f"| {client} | {version} | " + " | ".join(SIGNS[own[step].outcome] for step in STEPS) + " |"


def suite_rows(outcomes: list[Outcome]) -> Iterator[str]:
    """One row for each that brings its own scenarios, with how many of them ended how."""
    yield "| suite | version | " + " | ".join(SIGNS) + " |"
    yield "| --- " * (2 + len(SIGNS)) + "|"
    for client, version in dict.fromkeys((one.client, one.version) for one in outcomes):
        ended = Counter(one.outcome for one in outcomes if one.client == client)
        yield f"| {client} | {version} | " + " | ".join(str(ended[outcome]) for outcome in SIGNS) + " |"


def remarks(outcomes: list[Outcome]) -> Iterator[str]:
    """Why something is not offered or failed, once a reason."""
    steps: dict[tuple[str, str], list[str]] = {}
    for one in outcomes:
        if one.why and one.outcome != "passed":
            steps.setdefault((one.client, one.why), []).append(one.step)
    clients: dict[tuple[str, str], list[str]] = {}
    for (client, why), names in steps.items():
        clients.setdefault((", ".join(names), " ".join(why.split())), []).append(client)
    for (where, why), those in clients.items():
        yield f"- {', '.join(those)}: {where}: {why}"
