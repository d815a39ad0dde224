"""The table of encoders in docs/evidence.md: accuracy of the neighbours' vote on a labelled table's test split.

Each `--embedder` is one row; so are ways to get more out of them: several encoders fused (their vectors one after the
other), the mean over mirrored and turned views of a picture, and a vote that does not weigh by distance. Of each way
there are candidates; the one that is best on the validation split, mean over tasks, is asked about the test split.
Intervals are 95 %, over patients; verdicts against the last `--embedder` are those of an evaluation: a sign-flip
permutation test over patients, corrected by Holm's method for all rows and tasks.

    python -m benchmarks.encoders_table TABLE --embedder SPEC [--embedder SPEC ...] [--k 15]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dermtools import CaseBase, load_embedder, load_source, method
from dermtools.cases import SourceData
from dermtools.embedding import Embedder, EmbedderIdentity
from dermtools.embedding.vectors import l2_normalize
from dermtools.evaluation import Scored, score, share_interval, targets
from dermtools.evaluation.reporting.tables import markdown
from dermtools.evaluation.statistics.comparisons import ALPHA, judge, measure
from dermtools.prediction import Prediction
from dermtools.retrieval.search.votes import votes

Turn = Image.Transpose
View = Turn | None
VIEWS: dict[str, tuple[View, ...]] = {
    "mirrored": (None, Turn.FLIP_LEFT_RIGHT),
    "turned": (None, Turn.ROTATE_90, Turn.ROTATE_180, Turn.ROTATE_270),
    "mirrored and turned": (None, *Turn),
}
Table = dict[str, Scored]
"""Task to what a row got right."""


class Remembering:
    """An encoder that embeds no view of a picture twice."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[int, View], NDArray[np.float32]] = {}

    def embed(self, images: Sequence[Image.Image], view: View = None) -> NDArray[np.float32]:
        keys = [(hash(image.tobytes()), view) for image in images]
        new = {key: image for key, image in zip(keys, images, strict=True) if key not in self._known}
        seen = [image if view is None else image.transpose(view) for image in new.values()]
        self._known.update(zip(new, self._embedder.embed_images(seen), strict=True))
        return np.stack([self._known[key] for key in keys])


@dataclass(frozen=True)
class Combined:
    """Encoders one after the other, each the mean over `views`; all have the same weight."""

    parts: tuple[Remembering, ...]
    views: tuple[View, ...]
    spec: str
    dimension: int
    image_side: int

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity(
            name=self.spec, revision="1", preprocessing="views", dimension=self.dimension, normalized=True
        )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        means = [np.mean([part.embed(images, view) for view in self.views], axis=0) for part in self.parts]
        return l2_normalize(np.hstack([l2_normalize(mean.astype(np.float64)) for mean in means])).astype(np.float32)


@dataclass(frozen=True)
class Row:
    """One way to find and count neighbours; only rows of one `way` are chosen from."""

    name: str
    embedder: Combined
    way: str | None = None
    weighted: bool = True


def rows_of(specs: Sequence[str]) -> list[Row]:
    """A row an encoder, then the candidates of every way, the last encoder's where it takes one."""
    loaded = {spec: load_embedder(spec) for spec in specs}
    names = {spec: embedder.identity.name for spec, embedder in loaded.items()}
    remembering = {spec: Remembering(embedder) for spec, embedder in loaded.items()}

    def combined(chosen: Sequence[str], views: tuple[View, ...] = (None,)) -> Combined:
        return Combined(
            tuple(remembering[spec] for spec in chosen),
            views,
            " + ".join(names[spec] for spec in chosen),
            sum(loaded[spec].dimension for spec in chosen),
            max(loaded[spec].image_side for spec in chosen),
        )

    last = combined(specs[-1:])
    pairs = [chosen for size in range(2, len(specs) + 1) for chosen in combinations(specs, size)]
    return [
        *(Row(names[spec], combined([spec])) for spec in specs),
        *(Row(fused.spec, fused, "fused") for fused in map(combined, pairs)),
        *(Row(f"{last.spec}, {name}", combined(specs[-1:], views), "views") for name, views in VIEWS.items()),
        Row(f"{last.spec}, votes not weighted", last, "vote", weighted=False),
    ]


def unweighted(prediction: Prediction) -> Prediction:
    """What the same neighbours say where each has one vote, whatever its distance."""
    given = votes([exemplar.model_copy(update={"distance": None}) for exemplar in prediction.exemplars])
    return prediction.model_copy(update={"label": max(given, key=given.__getitem__)})


def answers(
    case_base: CaseBase, name: str, split: str, change: Callable[[Prediction], Prediction]
) -> dict[str, Scored]:
    """What method `name` makes of the cases of a split, by task."""
    columns, scored = case_base.columns, {}
    cases = [columns.case(row) for row, found in enumerate(columns.splits) if found == split]
    for task in case_base.tasks:
        asked = targets(cases, task.name)
        queries = [case_base.query(case_id=target.case_id) for target in asked]
        said = map(change, method(name, case_base, task.name).predict_many(queries))
        scored[task.name] = score(name, asked, {one.case_id: answer for one, answer in zip(asked, said, strict=True)})
    return scored


def measured(row: Row, data: SourceData, folder: Path, k: int) -> tuple[Table, Table]:
    """Validation and test split of one row."""
    case_base = CaseBase.create(folder, embedder=row.embedder)
    case_base.add(data)
    change = (lambda answer: answer) if row.weighted else unweighted
    valid, test = (answers(case_base, f"knn-vote-{k}", split, change) for split in ("valid", "test"))
    return valid, test


def chosen_rows(rows: Sequence[Row], valid: Mapping[str, Table]) -> list[Row]:
    """All rows that are no candidates, and of each way the best candidate on the validation split."""

    def mean(row: Row) -> float:
        return float(np.mean([scored.right.mean() for scored in valid[row.name].values()]))

    ways = dict.fromkeys(row.way for row in rows if row.way)
    best = [max((row for row in rows if row.way == way), key=mean) for way in ways]
    print("\nvalidation split\n")
    tasks = list(next(iter(valid.values())))
    lines = [["row", *tasks, "mean", "chosen"]]
    for row in rows:
        shares = [f"{valid[row.name][task].right.mean():.3f}" for task in tasks]
        lines.append([row.name, *shares, f"{mean(row):.3f}", "yes" if row in best else ""])
    print(markdown(lines))
    return [row for row in rows if not row.way or row in best]


def print_test(names: Sequence[str], test: Mapping[str, Table], reference: str) -> None:
    tasks = list(test[reference])
    others = [name for name in names if name != reference]
    found = []
    for name in others:
        for task in tasks:
            first, second = test[name][task], test[reference][task]
            gain = first.right.astype(np.int64) - second.right
            found.append(measure(name, reference, gain, first.groups, ALPHA / len(others) / len(tasks), None))
    judged = iter(judge(found))
    compared = {name: [next(judged) for _ in tasks] for name in others}
    print("\ntest split: " + ", ".join(f"{len(test[reference][task])} cases for {task}" for task in tasks) + "\n")
    lines = [["row", *(cell for task in tasks for cell in (f"{task} [95 % interval]", f"against {reference}"))]]
    for name in names:
        line = [name]
        for place, task in enumerate(tasks):
            scored = test[name][task]
            interval = share_interval(scored.right, scored.groups)
            line.append(f"{scored.right.mean():.3f} [{interval.low:.3f}, {interval.high:.3f}]")
            if name == reference:
                line.append("")
                continue
            pair = compared[name][place]
            span = f"[{pair.interval.low:+.3f}, {pair.interval.high:+.3f}]"
            line.append(f"{pair.difference:+.3f} {span}, p = {pair.adjusted_p:.2g}: {pair.verdict.value}")
        lines.append(line)
    print(markdown(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--embedder", action="append", required=True, help="repeat; the last is compared with")
    parser.add_argument("--k", type=int, default=15)
    arguments = parser.parse_args()
    data, rows = load_source(arguments.table), rows_of(arguments.embedder)
    valid: dict[str, Table] = {}
    test: dict[str, Table] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, row in enumerate(rows):
            valid[row.name], test[row.name] = measured(row, data, Path(folder) / str(number), arguments.k)
        majority = answers(CaseBase.open(Path(folder) / "0"), "majority", "test", lambda answer: answer)
    kept = chosen_rows(rows, valid)
    reference = rows[len(arguments.embedder) - 1].name
    print_test(["majority", *(row.name for row in kept)], {"majority": majority, **test}, reference)


if __name__ == "__main__":
    main()
