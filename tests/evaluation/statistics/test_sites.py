from __future__ import annotations

import re

import pytest

from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.sites import adjacent_accuracy, neighboring_sites
from dermtools.prediction import Outcome, Prediction


@pytest.fixture
def dermavqa_labels(shared):
    """The 39 labels as the data's own table holds them."""
    import csv

    table = shared / "data" / "dermavqa-iiyi" / "df_mediqa-m3g-final.csv"
    with table.open(encoding="utf-8-sig", newline="") as lines:
        found = {label for row in csv.DictReader(lines) for label in row["anatomic_locations"].split("|") if label}
    assert len(found) == 39
    return found


def _scored(*pairs):
    targets = tuple(Target(str(n), str(n), truth) for n, (truth, _) in enumerate(pairs))
    answers = [
        Prediction(method="m", task="t", label=label, outcome=Outcome.OK if label else Outcome.INVALID)
        for _, label in pairs
    ]
    return Scored("m", targets, tuple(answers))


def test_every_dermavqa_site_has_a_neighbour_except_the_unidentifiable(dermavqa_labels):
    assert dermavqa_labels - set(neighboring_sites()) == {"unidentifiable"}


def test_every_site_of_the_photographs_has_a_neighbour(photographs):
    import csv

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
    scored = _scored((("hand",), "fingers"), (("lowerback",), "back"), (("scalp",), "toes"), (("hand",), None))
    assert adjacent_accuracy(scored) == 0.5


def test_one_true_site_of_several_is_enough():
    assert adjacent_accuracy(_scored((("scalp", "hand"), "fingers"))) == 1.0


def test_tasks_that_are_no_body_sites_have_no_adjacent_accuracy():
    assert adjacent_accuracy(_scored((("BCC",), "BCC"))) is None
