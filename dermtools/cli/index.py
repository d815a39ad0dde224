"""`dermtools index`: searches of a large case base by an index whose recall was measured."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.interruption import keeping
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, EmbedderOption, JsonOption, RayOption
from dermtools.errors import CaseBaseError, QueryError

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.indexing.record import IndexRecord

ADVISED_FROM = 100_000
"""Cases above which an exact search takes long enough to say so."""


def index(
    path: CaseBasePath,
    recall: Annotated[float, typer.Option(help="Share of the five nearest cases that a search has to find.")] = 0.99,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="What the index may take in memory, e.g. 1.2GB.")
    ] = None,
    embedder: EmbedderOption = None,
    ray: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose an index by itself, tune and measure it on held-out cases; searches then go by it, and say so.

    For 100,000 cases and more. Cases that come later are searched exactly, until this is run again.
    With --ray it is Lance's own index, which is read where it lies: for vectors that no memory holds.
    """
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path, embedder=embedder)
    if ray is not None:
        if memory is not None or embedder is not None:
            raise QueryError("--ray goes with neither --memory nor --embedder: its index is read where the table lies")
        _over(ray, path, case_base, recall, as_json)
        return
    with keeping(lambda: "searches are as before; to make the index, run"), bar() as progress:
        made = case_base.build_index(recall=recall, memory=memory, progress=progress)
        if embedder is None and case_base.store.manifest.lance_search is not None:
            case_base.store.update_manifest(lance_search=None)
    if as_json:
        print_json({"path": str(path), **made.facts})
        return
    if made.exact:
        show(f"{path}: {_reason(made.cases, recall, memory)}; searches stay exact")
        return
    times = made.exact_milliseconds / made.milliseconds
    show(
        f"{path}: searches of {made.cases} cases are {made.note}",
        f"{made.kind}: {made.probes} of {made.lists} lists, {made.refined} candidates compared exactly; "
        f"{made.bytes_per_vector:.0f} bytes a case in memory",
        f"{made.milliseconds:.2g} ms a search against {made.exact_milliseconds:.2g} ms, {times:.0f} times as fast; "
        f"made in {made.seconds:.0f} s",
    )


def _reason(cases: int, recall: float, memory: str | None) -> str:
    from dermtools.retrieval.indexing.building import FEWEST

    if cases < FEWEST:
        return f"{cases} cases are too few for an index, which is tried from {FEWEST} on"
    return f"no index {f'of {memory} ' if memory else ''}finds {recall:g} of the nearest cases much sooner"


def _over(address: str, path: Path, case_base: CaseBase, recall: float, as_json: bool) -> None:
    from dermtools.distributed.index import index_over

    with keeping(lambda: "searches are as before; to make the index, run"):
        done = index_over(address, case_base.store, recall=recall)
    made = done.search
    if as_json:
        facts = {"kind": "Lance IVF_PQ", "cases": len(case_base.store), "wanted": recall, "refined": made.refine}
        facts |= {"dimension": case_base.identity.dimension, **made.model_dump(exclude={"refine"})}
        print_json({"path": str(path), **facts})
        return
    show(f"{path}: searches of {len(case_base.store)} cases are {made.note}")
    if not done.reached:
        show(f"a recall of {recall:g} was not reached, though all partitions are looked through")


def remark(case_base: CaseBase, cases: int) -> str:
    """One line on the index of a case base, or on how to make one; "" where there is nothing to say."""
    if (lance := case_base.store.manifest.lance_search) is not None:
        return f"index: Lance's own, {lance.note}"
    if line := advice(case_base, cases):
        return line
    made = record_of(case_base)
    if made is None:
        return ""
    return "searches are exact: no index was much quicker" if made.exact else f"index: {made.kind}, {made.note}"


def advice(case_base: CaseBase, cases: int) -> str:
    """One line on how to make an index, where one may help and there is none, or a damaged one; else ""."""
    if case_base.store.manifest.lance_search is not None:
        return ""
    command = f"dermtools index {quote(str(case_base.path))}"
    try:
        made = case_base.index_record
    except CaseBaseError:
        return f"searches are exact: what is kept of the index is damaged; make it again: {command}"
    # That no index helped a small case base says nothing of one that has grown since.
    if cases > ADVISED_FROM and (made is None or (made.exact and cases > 2 * made.cases)):
        return f"searches are exact; an index makes them faster: {command}"
    return ""


def record_of(case_base: CaseBase) -> IndexRecord | None:
    """What is kept of the index; None where nothing is, or what is kept is damaged: nothing else depends on it."""
    with suppress(CaseBaseError):
        return case_base.index_record
    return None
