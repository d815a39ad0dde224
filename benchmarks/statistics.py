"""How often verdicts are false and intervals miss, in simulated runs; docs/evidence.md has the figures.

Patients have 1 to 6 pictures. Each method's chance of being right about a patient is drawn from a beta distribution
whose intra-class correlation is the one stated, independently for each method, which is the hardest case for a test
that takes pictures as independent. A cell fails where its rate is beyond the bound by more than chance
(one-sided binomial p < 0.001).

    python -m benchmarks.statistics [--runs 2000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import binomtest

from dermtools.adapter import Guarantees, LabelledVectors
from dermtools.adapter.abstention import fit_abstention
from dermtools.adapter.answering import calibrated, fit_answering
from dermtools.evaluation import Verdict, share_interval
from dermtools.evaluation.reporting.tables import markdown
from dermtools.evaluation.statistics.comparisons import ALPHA, Comparison, judge, measure

PATIENTS = (20, 50, 100, 171, 300)
CORRELATIONS = (0.0, 0.3, 0.8)
ACCURACIES = (0.1, 0.3, 0.5, 0.8, 0.95)
FAMILIES = (2, 3, 6)
PICTURES = 6
MARGIN = 0.1
PRECISION = 0.8
FALSE, COVERED, MISSED, SET_MISSED = 0.06, 0.94, 0.1, 0.1
SURE = 0.001


@dataclass(frozen=True)
class Cell:
    """One setting and how often the event occurred."""

    what: str
    setting: str
    events: int
    runs: int

    @property
    def rate(self) -> float:
        return self.events / self.runs

    def above(self, bound: float) -> bool:
        return float(binomtest(self.events, self.runs, bound, "greater").pvalue) < SURE


def run_of(
    accuracies: list[float], patients: int, correlation: float, random: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Simulated answers: right or not, shape (methods, n), and the patient of each case, shape (n,)."""
    groups = np.repeat(np.arange(patients), random.integers(1, PICTURES + 1, size=patients))
    right = np.empty((len(accuracies), len(groups)), dtype=bool)
    for place, accuracy in enumerate(accuracies):
        chance = np.full(patients, accuracy)
        if correlation:
            weight = (1 - correlation) / correlation
            chance = random.beta(accuracy * weight, (1 - accuracy) * weight, size=patients)
        right[place] = random.random(len(groups)) < chance[groups]
    return right, groups


def verdicts(right: NDArray[np.bool_], groups: NDArray[np.intp], margin: float | None = None) -> list[Comparison]:
    """What an evaluation would say of every pair of methods."""
    pairs = list(combinations(range(len(right)), 2))
    return judge(
        [
            measure(str(one), str(other), right[one].astype(int) - right[other], groups, ALPHA / len(pairs), margin)
            for one, other in pairs
        ]
    )


def count(what: str, setting: str, runs: int, seed: int, event: Callable[[np.random.Generator], bool]) -> Cell:
    random = np.random.default_rng(seed)
    return Cell(what, setting, sum(event(random) for _ in range(runs)), runs)


def false_verdicts(runs: int, patients: int, correlation: float, accuracy: float, methods: int) -> Cell:
    """Any `better` or `worse` among methods that are equally good."""

    def event(random: np.random.Generator) -> bool:
        found = verdicts(*run_of([accuracy] * methods, patients, correlation, random))
        return any(pair.verdict in (Verdict.BETTER, Verdict.WORSE) for pair in found)

    setting = f"{methods} methods, {patients} patients, correlation {correlation}, accuracy {accuracy}"
    return count("false better or worse", setting, runs, 1, event)


def misses(runs: int, patients: int, correlation: float, accuracy: float) -> Cell:
    """The 95 % interval of an accuracy does not hold the true one."""

    def event(random: np.random.Generator) -> bool:
        right, groups = run_of([accuracy], patients, correlation, random)
        return accuracy not in share_interval(right[0], groups)

    setting = f"{patients} patients, correlation {correlation}, accuracy {accuracy}"
    return count("interval of an accuracy misses", setting, runs, 2, event)


def difference_misses(runs: int, patients: int, correlation: float, accuracy: float, difference: float) -> Cell:
    """The 95 % interval of a difference does not hold the true one."""

    def event(random: np.random.Generator) -> bool:
        right, groups = run_of([accuracy, accuracy - difference], patients, correlation, random)
        return difference not in verdicts(right, groups)[0].interval

    setting = f"{patients} patients, correlation {correlation}, accuracies {accuracy} and {accuracy - difference:.2f}"
    return count("interval of a difference misses", setting, runs, 3, event)


def false_equivalence(runs: int, patients: int, correlation: float, accuracy: float, methods: int) -> Cell:
    """Any pair called equivalent though it differs by the margin: one method is better than the rest by it."""

    def event(random: np.random.Generator) -> bool:
        right, groups = run_of([accuracy + MARGIN, *[accuracy] * (methods - 1)], patients, correlation, random)
        return any(p.verdict is Verdict.EQUIVALENT for p in verdicts(right, groups, MARGIN) if p.first == "0")

    setting = f"{methods} methods, {patients} patients, correlation {correlation}, accuracy {accuracy}"
    return count(f"false equivalent within {MARGIN:g}", setting, runs, 4, event)


def missed_precision(runs: int, patients: int, correlation: float, overconfidence: float) -> Cell:
    """A fitted threshold of abstention whose answers to new cases are right less often than it was to hold.

    Confidences are 0.3 + 0.7 u ** 0.7 with u uniform, correlated within a patient as the answers are, which are right
    with that chance less the overconfidence.
    """
    chances = 0.3 + 0.7 * np.linspace(0, 1, 10_001) ** 0.7

    def event(random: np.random.Generator) -> bool:
        groups = np.repeat(np.arange(patients), random.integers(1, PICTURES + 1, size=patients))

        def uniform() -> NDArray[np.float64]:
            common, own = random.normal(size=patients)[groups], random.normal(size=len(groups))
            return np.asarray(ndtr(correlation**0.5 * common + (1 - correlation) ** 0.5 * own))

        confidence = 0.3 + 0.7 * uniform() ** 0.7
        right = uniform() < confidence - overconfidence
        rule = fit_abstention(confidence, right, [str(group) for group in groups], precision=PRECISION)
        if rule.threshold is None:
            return False
        return bool((chances[chances >= rule.threshold] - overconfidence).mean() < PRECISION)

    setting = f"{patients} patients, correlation {correlation}, overconfident by {overconfidence}"
    return count(f"precision of {PRECISION:g} missed when abstaining", setting, runs, 6, event)


def missed_set(runs: int, patients: int, correlation: float) -> Cell:
    """A new patient's case whose true label is not in the conformal set, the temperature fitted on the same patients.

    Four labels; logits of a case are those of its patient and its own, and are twice as sure as they should be.
    """

    def drawn(random: np.random.Generator, sizes: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        groups = np.repeat(np.arange(len(sizes)), sizes)
        common, own = random.normal(size=(len(sizes), 4))[groups], random.normal(size=(len(groups), 4))
        honest = 1.5 * (correlation**0.5 * common + (1 - correlation) ** 0.5 * own)
        return 2 * honest, np.argmax(honest + random.gumbel(size=honest.shape), axis=1)

    def event(random: np.random.Generator) -> bool:
        sizes = random.integers(1, PICTURES + 1, size=patients)
        logits, truth = drawn(random, sizes)
        groups = [str(group) for group in np.repeat(np.arange(patients), sizes)]
        labels = [str(label) for label in range(4)]
        ids = [str(place) for place in range(len(truth))]
        vectors = np.zeros((len(truth), 1), np.float32)
        cases = LabelledVectors(vectors, [(labels[label],) for label in truth], ids, groups)
        rule = fit_answering(logits, cases, labels, held_out=True, wanted=Guarantees(coverage=1 - SET_MISSED))
        new, true = drawn(random, np.array([1]))
        return int(true[0]) not in rule.conformal.label_set(calibrated(new, rule)[0])

    return count("label set of 0.9 misses", f"{patients} patients, correlation {correlation}", runs, 7, event)


def cells(runs: int) -> Iterator[tuple[Cell, float]]:
    """Every cell with the bound of its rate."""
    grid = list(product(PATIENTS, CORRELATIONS, ACCURACIES))
    for setting in grid:
        yield misses(runs, *setting), 1 - COVERED
    for patients, correlation, (accuracy, gap) in product(PATIENTS, CORRELATIONS, ((0.5, 0.0), (0.9, 0.1), (0.6, 0.3))):
        yield difference_misses(runs, patients, correlation, accuracy, gap), 1 - COVERED
    for methods, setting in product(FAMILIES, grid):
        yield false_verdicts(runs // (methods - 1), *setting, methods), FALSE
    for methods, patients, correlation in product(FAMILIES, PATIENTS, CORRELATIONS):
        yield false_equivalence(runs // (methods - 1), patients, correlation, 0.8, methods), FALSE
    for patients, correlation, overconfidence in product(PATIENTS, CORRELATIONS, (0.0, 0.1)):
        yield missed_precision(runs // 4, patients, correlation, overconfidence), MISSED
    for patients, correlation in product(PATIENTS, CORRELATIONS):
        yield missed_set(runs, patients, correlation), SET_MISSED


def power(runs: int, patients: int, accuracy: float, difference: float) -> list[str]:
    """How often a real difference is shown, beside McNemar's test, where pictures are independent."""
    random, shown, by_mcnemar = np.random.default_rng(5), 0, 0
    for _ in range(runs):
        pair = verdicts(*run_of([accuracy + difference, accuracy], patients, 0.0, random))[0]
        shown += pair.verdict is Verdict.BETTER
        by_mcnemar += pair.mcnemar_p < ALPHA and pair.difference > 0
    shares = [f"{count / runs:.2f}" for count in (shown, by_mcnemar)]
    return [f"{patients}", f"{accuracy} and {accuracy + difference:.2f}", *shares]


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    found = list(cells(runs))
    rows = [["event", "cells", "bound", "mean", "highest", "in the cell", "beyond the bound"]]
    held = True
    for what in dict.fromkeys(cell.what for cell, _ in found):
        these = [(cell, bound) for cell, bound in found if cell.what == what]
        worst, bound = max(these, key=lambda pair: pair[0].rate)
        beyond = sum(cell.above(bound) for cell, bound in these)
        held &= not beyond
        mean = np.mean([cell.rate for cell, _ in these])
        figures = [f"{bound:.2f}", f"{mean:.3f}", f"{worst.rate:.3f}", worst.setting, str(beyond)]
        rows.append([what, str(len(these)), *figures])
    print(markdown(rows), "\n")
    head = ["patients", "accuracies", "power, sign-flip", "power, McNemar"]
    settings = ((50, 0.5, 0.15), (50, 0.8, 0.1), (171, 0.5, 0.1), (171, 0.8, 0.05))
    print(markdown([head, *(power(runs, *setting) for setting in settings)]))
    return held


if __name__ == "__main__":
    raise SystemExit(not main())
