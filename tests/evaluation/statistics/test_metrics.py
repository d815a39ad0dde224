from __future__ import annotations

import csv
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.metrics import (
    Confusion,
    adjacent_hits,
    calibration,
    neighboring_sites,
    top_k_hits,
)
from dermtools.prediction import Outcome, Prediction, ranked

LABELS = ["hand", "hand-back", "palm", "lips", "é", "e\u0301"]
NONE = "(no label)"
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, None])), min_size=1, max_size=60)


def _columns(found):
    truth = [true for true, _ in found]
    answers = [answer for _, answer in found]
    return truth, answers, [NONE if answer is None else answer for answer in answers]


@given(pairs)
@settings(deadline=None, max_examples=60)
def test_balanced_accuracy_and_macro_f1_equal_scikit_learns(found):
    truth, answers, plain = _columns(found)
    counts = Confusion.of(truth, answers)
    known = sorted({*truth, *plain} - {NONE})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn remarks on answers that are no class
        assert counts.balanced_accuracy() == pytest.approx(reference.balanced_accuracy_score(truth, plain))
        assert counts.macro_f1() == pytest.approx(
            reference.f1_score(truth, plain, labels=known, average="macro", zero_division=0)
        )


@given(pairs)
@settings(deadline=None, max_examples=60)
def test_every_class_equals_scikit_learns(found):
    truth, answers, plain = _columns(found)
    entries = Confusion.of(truth, answers).per_class()
    names = [entry.label for entry in entries]
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        truth, plain, labels=names, zero_division=np.nan
    )
    for number, entry in enumerate(entries):
        assert entry.n == support[number]
        assert (np.nan if entry.precision is None else entry.precision) == pytest.approx(precision[number], nan_ok=True)
        assert (np.nan if entry.recall is None else entry.recall) == pytest.approx(recall[number], nan_ok=True)
        assert entry.f1 == pytest.approx(0 if np.isnan(f1[number]) else f1[number])


@given(pairs)
@settings(deadline=None, max_examples=40)
def test_the_confusion_matrix_equals_scikit_learns(found):
    truth, answers, plain = _columns(found)
    counts = Confusion.of(truth, answers, LABELS)
    expected = reference.confusion_matrix(truth, plain, labels=[*LABELS, NONE])
    assert np.array_equal(counts.counts, expected[:-1])


@given(st.data(), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_top_k_equals_scikit_learns(data, k):
    labels = LABELS[:4]
    n = data.draw(st.integers(4, 20))
    truth = [*labels, *data.draw(st.lists(st.sampled_from(labels), min_size=n - 4, max_size=n - 4))]
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    shares = random.dirichlet(np.ones(4), size=n)
    answers = []
    for row in shares:
        probabilities = ranked(dict(zip(labels, row.tolist(), strict=True)))
        answers.append(Prediction(method="m", task="t", label=next(iter(probabilities)), probabilities=probabilities))
    scored = Scored("m", tuple(Target(str(i), str(i), (true,)) for i, true in enumerate(truth)), tuple(answers))
    order = sorted(labels)
    columns = shares[:, [labels.index(label) for label in order]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # k as large as the label set is remarked on
        assert top_k_hits(scored, k).mean() == pytest.approx(
            reference.top_k_accuracy_score(truth, columns, k=k, labels=order)
        )


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80), st.integers(1, 20))
@settings(deadline=None, max_examples=60)
def test_the_calibration_error_is_the_weighted_gap_of_the_bins(found, bins):
    confidence = np.array([pair[0] for pair in found])
    measured = calibration(
        Scored(
            "m",
            tuple(Target(str(n), str(n), ("x" if right else "y",)) for n, (_, right) in enumerate(found)),
            tuple(Prediction(method="m", task="t", label="x", probabilities={"x": c}) for c, _ in found),
        ),
        bins,
    )
    expected = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [(c, r) for c, r in found if (low < c <= high) or (number == 0 and c == 0)]
        if inside:
            gap = abs(sum(c for c, _ in inside) - sum(r for _, r in inside))
            expected += gap / len(found)
    assert sum(entry.n for entry in measured.bins) == len(found)
    assert measured.ece == pytest.approx(expected, abs=2 / len(found) * _on_an_edge(confidence, bins))


def _on_an_edge(confidence, bins) -> int:
    """Confidences that lie on a bin's edge, where c * bins may round to either side; and a hair of tolerance."""
    return int((np.abs(confidence * bins - np.round(confidence * bins)) < 1e-9).sum()) + 1e-9


def test_an_abstained_answer_counts_wrong_in_accuracy_but_its_probabilities_are_calibrated():
    targets = (Target("a", "a", ("x",)), Target("b", "b", ("x",)))
    answers = (
        Prediction(method="m", task="t", outcome=Outcome.ABSTAINED, probabilities={"x": 0.6, "y": 0.4}),
        Prediction(method="m", task="t", label="x", probabilities={"x": 0.8, "y": 0.2}),
    )
    scored = Scored("m", targets, answers)
    assert scored.right.mean() == 0.5
    assert calibration(scored).ece == pytest.approx(0.3)
    assert top_k_hits(scored, 1).mean() == 1.0


def test_methods_without_probabilities_have_no_top_k_and_no_calibration():
    scored = Scored("m", (Target("a", "a", ("x",)),), (Prediction(method="m", task="t", label="x"),))
    assert top_k_hits(scored, 3) is None
    assert calibration(scored) is None


@pytest.fixture
def dermavqa_labels(shared):
    """The 39 labels as the data's own table holds them."""
    table = shared / "data" / "dermavqa-iiyi" / "df_mediqa-m3g-final.csv"
    with table.open(encoding="utf-8-sig", newline="") as lines:
        found = {label for row in csv.DictReader(lines) for label in row["anatomic_locations"].split("|") if label}
    assert len(found) == 39
    return found


def _about_sites(*pairs):
    targets = tuple(Target(str(n), str(n), truth) for n, (truth, _) in enumerate(pairs))
    answers = [
        Prediction(method="m", task="t", label=label, outcome=Outcome.OK if label else Outcome.INVALID)
        for _, label in pairs
    ]
    return Scored("m", targets, tuple(answers))


def test_every_dermavqa_site_has_a_neighbour_except_the_unidentifiable(dermavqa_labels):
    assert dermavqa_labels - set(neighboring_sites()) == {"unidentifiable"}


def test_every_site_of_the_photographs_has_a_neighbour(photographs):
    with photographs.open(newline="") as lines:
        assert {row["location"] for row in csv.DictReader(lines)} <= set(neighboring_sites())


def test_the_map_names_only_known_sites(dermavqa_labels):
    assert set(neighboring_sites()) - dermavqa_labels == {"lip"}


def test_neighbours_are_mutual_and_never_oneself():
    sites = neighboring_sites()
    for site, others in sites.items():
        assert site not in others
        assert all(site in sites[other] for other in others)
        assert re.fullmatch("[a-z-]+", site)


def test_a_neighbouring_site_counts_and_a_far_one_does_not():
    scored = _about_sites((("hand",), "fingers"), (("lowerback",), "back"), (("scalp",), "toes"), (("hand",), None))
    assert adjacent_hits(scored).mean() == 0.5


def test_one_true_site_of_several_is_enough():
    assert adjacent_hits(_about_sites((("scalp", "hand"), "fingers"))).mean() == 1.0


def test_tasks_that_are_no_body_sites_have_no_adjacent_accuracy():
    assert adjacent_hits(_about_sites((("BCC",), "BCC"))) is None
