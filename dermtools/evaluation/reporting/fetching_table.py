"""How often agents fetched and what it took, as rows, and how to read what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.evaluation.reporting.tables import DASH, family_in_words, percent, span

if TYPE_CHECKING:
    from dermtools.evaluation.reporting.results import Results

A_CASE = "Tool calls, pictures of cases seen, tokens and dollars are those of a case."
CHOSEN = (
    "On all cases compares the arms as they are. Which cases an agent fetched for is its own choice, made while it "
    "answered: what is said of those, and of the others, holds for them alone, and not for what fetching would do "
    "elsewhere."
)


def fetching_rows(results: Results) -> list[list[str]]:
    """Head and rows, one an agent; nothing where there is none. See `A_CASE`."""
    head = ["method", "fetched", "95 %", "tool calls", "pictures", "tokens", "cost"]
    summaries = {one.arm: one for one in results.summaries}
    rows = []
    for one in results.fetching:
        summary, held = summaries[one.arm], one.fetched.interval
        tokens = summary.usage.input_tokens + summary.usage.output_tokens
        rows.append(
            [
                one.arm,
                percent(one.fetched.share, 1),
                DASH if held is None else span(held),
                f"{sum(one.calls.values()):.1f}",
                f"{one.pictures:.1f}",
                f"{tokens / summary.n:,.0f}",
                DASH if summary.usage.unpriced else f"${summary.usage.price_usd / summary.n:.4f}",
            ]
        )
    return [head, *rows] if rows else []


def fetching_basis(results: Results) -> list[str]:
    """What the verdicts rest on, and how to read those of some cases; nothing where there is none."""
    count = results.fetching[0].family if results.fetching else 0
    return [family_in_words(count, "of fetching"), CHOSEN] if count else []
