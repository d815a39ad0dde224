"""`table.md`: the main table, what it says, the comparisons, and how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.evaluation.reporting.fetching_table import A_CASE, fetching_basis, fetching_rows
from dermtools.evaluation.reporting.tables import (
    COULD_SHOW,
    RESEARCH,
    STABILITY_TEXT,
    caption,
    comparison_rows,
    markdown,
    method_text,
    rows,
    stability_rows,
)

if TYPE_CHECKING:
    from dermtools.evaluation.reporting.results import Results


def table_markdown(results: Results) -> str:
    """`table.md`: the main table, the comparisons, and how to read them."""
    parts = [f"# {results.run.task.name}", results.headline, caption(results.run)]
    parts += [markdown(rows(results)), method_text(len(results.comparisons))]
    parts += filter(None, [results.cheapest])
    if results.retrieval:
        parts += ["## What retrieval is worth", "\n".join(f"- {line}" for line in results.retrieval)]
    if results.fetching:
        told = [line for one in results.fetching for line in one.lines]
        parts += ["## Deciding when to fetch", A_CASE, markdown(fetching_rows(results))]
        parts += ["\n".join(f"- {line}" for line in told), *fetching_basis(results)]
    if results.comparisons:
        parts += [
            "## Comparisons",
            "Differences in percentage points, first minus second. " + COULD_SHOW,
            markdown(comparison_rows(results)),
        ]
    if results.stability:
        parts += ["## Stability", STABILITY_TEXT, markdown(stability_rows(results))]
    return "\n\n".join([*parts, RESEARCH]) + "\n"
