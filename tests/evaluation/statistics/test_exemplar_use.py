from __future__ import annotations

from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.exemplar_use import exemplar_use, vote
from dermtools.prediction import Exemplar, Outcome, Prediction


def _shot(*labels, distance=None):
    return Exemplar(case_id="c", group_id="g", labels=labels, distance=distance)


def _scored(*cases):
    """Cases of truth, answer, labels of the exemplars in their order; all exemplars at one distance."""
    targets = tuple(Target(str(n), str(n), (truth,)) for n, (truth, _, _) in enumerate(cases))
    answers = tuple(
        Prediction(
            method="rag",
            task="t",
            label=answer,
            outcome=Outcome.OK if answer else Outcome.INVALID,
            exemplars=tuple(_shot(label, distance=1.0) for label in shots),
        )
        for _, answer, shots in cases
    )
    return Scored("rag", targets, answers)


def test_the_vote_weighs_by_nearness_where_distances_are_known():
    assert vote([_shot("a", distance=1.0), _shot("b", distance=3.0), _shot("b", distance=3.0)]) == "a"
    assert vote([_shot("a"), _shot("b"), _shot("b")]) == "b"


def test_a_picture_at_distance_zero_outvotes_all_others():
    assert vote([_shot("b", distance=1.0), _shot("b", distance=1.0), _shot("a", distance=0.0)]) == "a"


def test_nobody_votes_without_exemplars():
    assert vote([]) is None


def test_the_vote_agrees_with_the_case_bases_own(sample_base):
    from dermtools.retrieval import KNNVote

    method = KNNVote(sample_base, "location", k=5)
    for case_id in sample_base.columns.case_ids[:40]:
        prediction = method.predict(sample_base.query(case_id=case_id))
        assert vote(prediction.exemplars) == prediction.label


def test_agreement_copying_and_independence_are_counted():
    use = exemplar_use(
        _scored(
            ("a", "a", "aab"),  # vote right, agrees, last wrong and not copied
            ("a", "b", "aab"),  # vote right, wrong answer copied from the last
            ("a", "a", "bbc"),  # vote wrong, right though not shown
            ("a", "b", "bba"),  # vote wrong, agrees with it, last is true and not copied
            ("a", None, "bbc"),  # no answer
        )
    )
    assert use.n == 5
    assert (use.vote_right.count, use.vote_right.n) == (2, 5)
    assert use.vote_right.interval.low < 0.4 < use.vote_right.interval.high
    assert (use.agrees_with_vote.count, use.agrees_with_vote.n) == (2, 5)
    assert (use.copies_last.count, use.copies_last.n) == (1, 5)
    assert (use.copies_last_wrong.count, use.copies_last_wrong.n) == (1, 4)
    assert (use.right_where_vote_wrong.count, use.right_where_vote_wrong.n) == (1, 3)
    assert (use.wrong_where_vote_right.count, use.wrong_where_vote_right.n) == (1, 2)
    assert (use.label_shown.count, use.label_shown.n) == (3, 5)
    assert (use.right_where_not_shown.count, use.right_where_not_shown.n) == (1, 2)


def test_methods_without_exemplars_have_no_use_of_them():
    assert exemplar_use(_scored(("a", "a", ""))) is None
