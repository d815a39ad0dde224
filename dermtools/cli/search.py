"""`dermtools search`: the most similar cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.index import advice
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table, write_text
from dermtools.cli.parameters import (
    CaseBasePath,
    CaseOption,
    EmbedderOption,
    GroupOption,
    HtmlOption,
    ImageArgument,
    JsonOption,
    WhereOption,
)

if TYPE_CHECKING:
    from dermtools.prediction import Query
    from dermtools.retrieval import CaseBase, Neighbors


def search(
    path: CaseBasePath,
    image: ImageArgument = None,
    k: Annotated[int, typer.Option("-k", help="How many cases.")] = 5,
    case: CaseOption = None,
    text: Annotated[str | None, typer.Option(help="Words instead of a picture, where the embedder reads text.")] = None,
    group: GroupOption = None,
    where: WhereOption = None,
    max_per_group: Annotated[int | None, typer.Option(min=1, help="At most this many cases of one patient.")] = None,
    diversity: Annotated[
        str | None, typer.Option(metavar="mmr|balanced", help="Spread over pictures, or over labels of --task.")
    ] = None,
    task: Annotated[str | None, typer.Option(metavar="TASK", help="Task that `balanced` spreads over.")] = None,
    html: HtmlOption = None,
    embedder: EmbedderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the cases most similar to a picture, nearest first, by Euclidean distance.

    The query's own patient and its own picture are left out.
    """
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path, embedder=embedder)
    query = case_base.query(image, case_id=case, text=text, group_id=group)
    neighbors = case_base.search(
        query=query, k=k, where=where, max_per_group=max_per_group, diversity=diversity, task=task
    )
    if html is not None:
        write_text(html, _page(case_base, query, neighbors))
    if as_json:
        print_json(neighbors.to_json())
        return
    show(f"{len(neighbors)} nearest cases to {query.name}", "")
    rows = []
    for one in neighbors:
        labels = "; ".join(f"{name}: {', '.join(values)}" for name, values in one.case.labels.items())
        rows.append((one.rank, f"{one.distance:.4g}", one.case.case_id, one.case.group_id, labels))
    show(table(["rank", "distance", "case", "group", "labels"], rows, right=["rank", "distance"]))
    advised = advice(case_base, len(case_base))
    show(
        "", *neighbors.notes, *([advised] if advised else []), *([f"gallery: {html}"] if html else []), NOT_A_DIAGNOSIS
    )


def _page(case_base: CaseBase, query: Query, neighbors: Neighbors) -> str:
    from dermtools.retrieval.gallery import Page, page_html, result_for

    result = result_for(case_base, query, neighbors)
    vectors = f"{case_base.identity.name} vectors"
    intro = f"{len(neighbors)} nearest of {len(case_base)} cases, by Euclidean distance of {vectors}."
    return page_html(Page(title=f"Cases similar to {query.name}", intro=intro, results=[result], notes=neighbors.notes))
