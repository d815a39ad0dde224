"""`dermtools index`: searches of a large case base by an index whose recall was measured."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.interruption import keeping
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, EmbedderOption, JsonOption

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase

ADVISED_FROM = 100_000
"""Cases above which an exact search takes long enough to say so."""


def index(
    path: CaseBasePath,
    recall: Annotated[float, typer.Option(help="Share of the five nearest cases that a search has to find.")] = 0.99,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="What the index may take in memory, e.g. 1.2GB.")
    ] = None,
    embedder: EmbedderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose an index by itself, tune and measure it on held-out cases; searches then go by it, and say so.

    For 100,000 cases and more. Cases that come later are searched exactly, until this is run again.
    """
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path, embedder=embedder)
    with keeping(lambda: "searches are as before; to make the index, run"), bar() as progress:
        made = case_base.build_index(recall=recall, memory=memory, progress=progress)
    if as_json:
        print_json({"path": str(path), **made.facts})
        return
    if made.exact:
        show(f"{path}: no index finds {recall:g} of the nearest cases much sooner; searches stay exact")
        return
    times = made.exact_milliseconds / made.milliseconds
    show(
        f"{path}: searches of {made.cases} cases are {made.note}",
        f"{made.kind}: {made.probes} of {made.lists} lists, {made.refined} candidates compared exactly; "
        f"{made.bytes_per_vector:.0f} bytes a case in memory",
        f"{made.milliseconds:.2g} ms a search against {made.exact_milliseconds:.2g} ms, {times:.0f} times as fast; "
        f"made in {made.seconds:.0f} s",
    )


def remark(case_base: CaseBase, cases: int) -> str:
    """One line on the index of a case base, or on how to make one; "" where there is nothing to say."""
    made = case_base.index_record
    if made is None:
        command = f"dermtools index {quote(str(case_base.path))}"
        return f"searches are exact; an index makes them faster: {command}" if cases > ADVISED_FROM else ""
    if made.exact:
        return "searches are exact: no index finds as much much sooner"
    return f"index: {made.kind}, {made.note}"
