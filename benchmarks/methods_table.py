"""The table of methods on real photographs in docs/evidence.md: accuracy on the test split, by task.

Every figure is a mean over seeds of what one training gives; seeds change the adapter and what is fused from
it. Intervals are 95 %, over patients, of the mean over seeds, so they hold the chance of which patients were tested
(`share_interval`, `difference_interval`); the last column has the paired difference to the linear probe. Nothing
is chosen on test: checkpoints, penalties, weights and temperatures come from validation, and the settings
from `--choose`, which repeats train / validation / held-out divisions of the train and validation cases only.

    python -m benchmarks.methods_table TABLE [--embedder SPEC] [--seeds 5] [--k 15] [--choose REPEATS]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dermtools import CaseBase, load_source, method
from dermtools.adapter import (
    AdapterConfig,
    ClassifierConfig,
    FusionMethod,
    LabelledVectors,
    LinearProbeConfig,
    TaskData,
    VectorClassifierMethod,
    fit_classifier,
    task_data,
)
from dermtools.evaluation import difference_interval, share_interval
from dermtools.evaluation.reporting.tables import markdown
from dermtools.prediction import Method

CONFIGS: dict[str, ClassifierConfig] = {
    "linear-probe": LinearProbeConfig(),
    "adapter, features": AdapterConfig(conv="features"),
    "adapter, channels": AdapterConfig(conv="channels"),
    "adapter, channels, published settings": AdapterConfig.published(),
}
CANDIDATES: dict[str, ClassifierConfig] = CONFIGS | {
    f"adapter, {conv}, dropout {dropout}, smoothing {smoothing}": AdapterConfig(
        conv=conv, dropout=dropout, label_smoothing=smoothing
    )
    for conv in ("features", "channels")
    for dropout, smoothing in ((0.0, 0.0), (0.5, 0.1), (0.3, 0.2))
}


def with_seed(config: ClassifierConfig, seed: int) -> ClassifierConfig:
    return config.model_copy(update={"seed": seed})


def methods(case_base: CaseBase, data: TaskData, seed: int, k: int) -> Iterator[Method]:
    """One training of every method, in the order of the table."""
    yield method("majority", case_base, data.task)
    neighbours = method(f"knn-vote-{k}", case_base, data.task)
    yield neighbours
    trained = [
        VectorClassifierMethod(fit_classifier(data, case_base.identity, with_seed(config, seed)))
        for config in CONFIGS.values()
    ]
    yield from trained
    yield FusionMethod.fit([trained[1], neighbours], data)


def test_cases(case_base: CaseBase, task: str) -> LabelledVectors:
    columns, vectors = case_base.columns, case_base.vectors
    rows = [row for row, split in enumerate(columns.splits) if split == "test" and columns.labels[task][row]]
    return LabelledVectors(
        vectors[rows],
        [columns.labels[task][row] for row in rows],
        [columns.case_ids[row] for row in rows],
        [columns.group_ids[row] for row in rows],
        [columns.content_hashes[row] for row in rows],
    )


def print_table(case_base: CaseBase, task: str, seeds: int, k: int) -> None:
    data, test = task_data(case_base.store, task), test_cases(case_base, task)
    names = ["majority", f"knn-vote-{k}", *CONFIGS, f"fusion (adapter, features; knn-vote-{k})"]
    right = np.array(
        [
            [
                [p.label in truth for p, truth in zip(one.predict_many(test.queries()), test.labels, strict=True)]
                for one in methods(case_base, data, seed, k)
            ]
            for seed in range(seeds)
        ],
        dtype=float,
    )  # (seeds, methods, cases)
    groups = np.unique(test.group_ids, return_inverse=True)[1]
    by_case, probe = right.mean(axis=0), names.index("linear-probe")
    print(f"\n{task}: {len(test)} test cases of {test.groups} groups, {seeds} seeds\n")
    rows = [["method", "accuracy [95 % interval]", "deviation over seeds", "difference to the linear probe"]]
    for index, name in enumerate(names):
        interval = share_interval(by_case[index], groups)
        difference = by_case[index] - by_case[probe]
        paired = difference_interval(difference, groups)
        rows.append(
            [
                name,
                f"{by_case[index].mean():.3f} [{interval.low:.3f}, {interval.high:.3f}]",
                f"{right[:, index].mean(axis=1).std(ddof=1):.3f}",
                f"{difference.mean():+.3f} [{paired.low:+.3f}, {paired.high:+.3f}]",
            ]
        )
    print(markdown(rows))


def divisions(data: TaskData, repeats: int) -> Iterator[tuple[TaskData, LabelledVectors]]:
    """Train and validation cases divided anew by group: 60 % train, 15 % validation, 25 % to look at."""
    pool = LabelledVectors(
        np.vstack([data.train.vectors, data.valid.vectors]),
        [*data.train.labels, *data.valid.labels],
        [*data.train.case_ids, *data.valid.case_ids],
        [*data.train.group_ids, *data.valid.group_ids],
    )
    groups = sorted(set(pool.group_ids))
    for repeat in range(repeats):
        place = np.random.default_rng(repeat).permutation(len(groups)) / len(groups)
        part = dict(zip(groups, np.digitize(place, [0.6, 0.75]), strict=True))
        rows = [[row for row, group in enumerate(pool.group_ids) if part[group] == number] for number in range(3)]
        train, valid, held_out = (pool.take(which) for which in rows)
        yield TaskData(data.task, data.labels, train, valid, data.version), held_out


def print_choice(case_base: CaseBase, task: str, repeats: int) -> None:
    """How the settings compare without the test split; standard errors over the repeats, which overlap."""
    accuracies: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for repeat, (data, held_out) in enumerate(divisions(task_data(case_base.store, task), repeats)):
        for name, config in CANDIDATES.items():
            trained = VectorClassifierMethod(fit_classifier(data, case_base.identity, with_seed(config, repeat)))
            answers = trained.predict_many(held_out.queries())
            right = [answer.label in truth for answer, truth in zip(answers, held_out.labels, strict=True)]
            accuracies[name].append(float(np.mean(right)))
    print(f"\n{task}: {repeats} divisions of the train and validation cases\n")
    rows = [["settings", "accuracy", "difference to the linear probe"]]
    probe = np.array(accuracies["linear-probe"])
    for name, values in accuracies.items():
        difference = np.array(values) - probe
        error = difference.std(ddof=1) / repeats**0.5
        rows.append([name, f"{np.mean(values):.3f}", f"{difference.mean():+.3f} ± {error:.3f}"])
    print(markdown(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--embedder", help="default: that of a new case base")
    parser.add_argument("--seeds", type=int, default=5, help="at least 2")
    parser.add_argument("--k", type=int, default=15)
    parser.add_argument("--choose", type=int, metavar="REPEATS", help="compare settings without the test split")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        case_base = CaseBase.create(Path(folder) / "casebase", embedder=arguments.embedder)
        case_base.add(load_source(arguments.table))
        for task in case_base.tasks:
            if arguments.choose:
                print_choice(case_base, task.name, arguments.choose)
            else:
                print_table(case_base, task.name, arguments.seeds, arguments.k)


if __name__ == "__main__":
    main()
