"""`dermtools demo`: the main job from start to end, on drawn pictures or on your own table."""

from __future__ import annotations

import shlex
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.interruption import keeping
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table, write_text
from dermtools.cli.parameters import JsonOption
from dermtools.errors import SourceError
from dermtools.files import local_path, writable

if TYPE_CHECKING:
    from dermtools.cases import SourceData
    from dermtools.prediction import Prediction, Query
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.gallery import Result

VOTERS = 15
QUERIES = 4
NEIGHBORS = 10
COUNTED = ("task", "test_cases", "right", "majority_right")


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to put the demonstration.", parser=local_path)
    ] = Path("demo"),
    data: Annotated[
        str | None,
        typer.Option(metavar="TABLE", help="Your table instead of the drawn sample.", show_default=False),
    ] = None,
    embedder: Annotated[str | None, typer.Option(metavar="SPEC", help="As for ingest.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ingest, check, search and vote, and write one page that shows it all."""
    from dermtools.cases import load_source
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase
    from dermtools.retrieval.gallery import result_for

    source = load_source(data or "sample")
    home = folder / (Path(data).resolve().parent.name if data else "sample")
    page = writable(home / "index.html")
    case_base = CaseBase.open_or_create(home / "casebase", embedder=embedder)
    tell = partial(show, to_stderr=as_json)
    tell(f"ingest {source.name}")
    with keeping(lambda: f"{len(CaseBase.open(case_base.path))} cases are kept in {home}; to go on, run"):
        with bar() as progress:
            report = case_base.add(source, progress=progress)
        tell(f"  {report.added} cases added, {report.unchanged} already present, {len(report.problems)} left out")
        checked = case_base.check()
        tell("check", *(f"  {line}" for line in checked.lines()))
        if data is None:
            tell("  (drawn pictures are more alike than photographs, so some may be taken for copies of one another)")

    queries = _test_queries(case_base)
    votes = {task.name: _vote(case_base, task.name, queries) for task in case_base.tasks}
    counts = [_counts(case_base, task, predictions) for task, predictions in votes.items()]
    rows = [_row(*count) for count in counts]
    head = ("task", "test cases", f"knn-vote-{VOTERS} right", "majority class right")
    tell(f"vote of the {VOTERS} nearest training cases", table(head, rows, right=head[1:]))

    one_a_group = list({query.group_id: query for query in queries}.values())
    spread = one_a_group[:: max(1, len(one_a_group) // QUERIES)][:QUERIES]
    results = []
    for query in spread:
        neighbors = case_base.search(query=query, k=NEIGHBORS, max_per_group=1)
        predictions = [vote[query.name] for vote in votes.values() if query.name in vote]
        results.append(result_for(case_base, query, neighbors, predictions=predictions))
    write_text(page, _page(case_base, source, results, [head, *rows]))
    if as_json:
        said = {
            "page": str(page),
            "case_base": str(case_base.path),
            "tasks": [dict(zip(COUNTED, c, strict=True)) for c in counts],
        }
        print_json(said | {"ingest": report.model_dump(mode="json"), "check": checked.model_dump(mode="json")})
        return
    show("", f"Open {page}: queries, their neighbours, distances and votes. {NOT_A_DIAGNOSIS}")
    show(f"To look further in your browser: dermtools app {shlex.quote(str(case_base.path))}")


def _test_queries(case_base: CaseBase) -> list[Query]:
    columns = case_base.columns
    ids = [case_id for case_id, split in zip(columns.case_ids, columns.splits, strict=True) if split == "test"]
    if not ids:
        raise SourceError("the demonstration asks about test cases, and this table has none; give some rows split=test")
    return [case_base.query(case_id=case_id) for case_id in ids]


def _vote(case_base: CaseBase, task: str, queries: list[Query]) -> dict[str, Prediction]:
    from dermtools.retrieval import KNNVote

    labelled = [query for query in queries if query.case_id and case_base.case(query.case_id).labels.get(task)]
    predictions = KNNVote(case_base, task, k=VOTERS).predict_many(labelled)
    return {query.name: prediction for query, prediction in zip(labelled, predictions, strict=True)}


def _counts(case_base: CaseBase, task: str, predictions: dict[str, Prediction]) -> tuple[str, int, int, int]:
    truth = {name: case_base.case(name).labels[task] for name in predictions}
    columns = case_base.columns
    trained = Counter(
        label
        for labels, split in zip(columns.labels[task], columns.splits, strict=True)
        if split == "train"
        for label in labels
    )
    majority = max(sorted(trained), key=trained.__getitem__, default=None)
    right = sum(prediction.label in truth[name] for name, prediction in predictions.items())
    floor = sum(majority in labels for labels in truth.values())
    return task, len(predictions), right, floor


def _row(task: str, n: int, *right: int) -> tuple[str, ...]:
    return (task, str(n), *(f"{count} ({count / n:.1%})" if n else "0" for count in right))


def _page(case_base: CaseBase, source: SourceData, results: list[Result], accuracy: list[tuple[str, ...]]) -> str:
    from dermtools.retrieval.gallery import Page, page_html

    info = case_base.info()
    return page_html(
        Page(
            title="Similar cases, and what they vote",
            intro=f"Queries are test cases of {source.name}. Their own patient is never among the neighbours, "
            f"which come nearest first, one a patient, by Euclidean distance of {info['embedder']['name']} vectors.",
            notes=source.notes,
            facts=[
                ("cases", str(info["cases"])),
                ("patients or groups", str(info["groups"])),
                *((f"labels of {task}", str(len(counts))) for task, counts in info["tasks"].items()),
                ("dimensions", str(info["embedder"]["dimension"])),
            ],
            table=accuracy,
            table_note="Votes rest on training cases only. The majority class is the floor that a method has to beat.",
            results=results,
        )
    )
