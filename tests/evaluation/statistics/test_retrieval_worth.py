"""Whether retrieval helps a model: what it is held against, and what is said where the run cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.comparisons import Verdict
from dermtools.evaluation.statistics.retrieval_worth import RetrievalWorth, retrieval_worth
from dermtools.prediction import Exemplar, Prediction

N = 60


def scored(name: str, right: Sequence[bool], shots: str = "") -> Scored:
    """Sixty patients with one case of truth `a` each; every answer saw examples of these labels, all as near."""
    targets = tuple(Target(str(n), str(n), ("a",)) for n in range(N))
    exemplars = tuple(Exemplar(case_id=s, group_id=s, labels=(s,), distance=1.0) for s in shots)
    answers = (Prediction(method=name, task="t", label="a" if hit else "b", exemplars=exemplars) for hit in right)
    return Scored(name, targets, tuple(answers))


def share(count: int) -> list[bool]:
    return [n < count for n in range(N)]


def facts(**arms: str) -> dict[str, dict[str, str]]:
    return {arm: {"method": method, "model": "m"} for arm, method in arms.items()}


def worth(zero: int, rag: int, margin: float | None = None, shots: str = "ab") -> RetrievalWorth:
    arms = [scored("zero", share(zero)), scored("rag", share(rag), shots)]
    return retrieval_worth(arms, facts(zero="zero-shot", rag="rag-2"), margin=margin)[0]


@pytest.mark.parametrize(
    ("zero", "rag", "margin", "says"),
    [
        (20, 45, None, "Retrieval helps m: rag is better than zero: +41.7 points"),
        (45, 20, None, "Retrieval makes m worse: rag is worse than zero: -41.7 points"),
        (30, 31, None, "Whether retrieval helps m is undecided: rag against zero: +1.7 points"),
        (30, 30, 0.2, "Retrieval makes no odds to m: rag and zero are equivalent: +0.0 points"),
    ],
)
def test_it_says_in_one_sentence_whether_retrieval_helps(zero: int, rag: int, margin: float | None, says: str) -> None:
    assert worth(zero, rag, margin).sentence.startswith(says)


def test_without_a_run_of_the_model_alone_it_says_what_to_add() -> None:
    (one,) = retrieval_worth([scored("rag", share(30), "ab")], facts(rag="rag-2"))
    assert one.sentence == (
        "Whether retrieval helps m cannot be said: the run asks it nothing without examples; "
        "add the method zero-shot beside rag"
    )
    assert list(one.against) == ["vote of its examples"]


def test_the_vote_of_the_examples_is_what_it_costs_nothing_to_say() -> None:
    # `b` comes first and wins the tie, so the vote is wrong everywhere.
    found = worth(30, 30, shots="ba").against["vote of its examples"]
    assert (found.second, found.difference, found.verdict) == ("the vote of rag's examples", 0.5, Verdict.BETTER)


def test_random_examples_and_labels_alone_are_those_of_the_same_model_and_number() -> None:
    arms = {"rag": "rag-2", "r5": "random-5", "r2": "random-2", "l2": "rag-labels-2", "other": "random-2"}
    arms["z"] = "zero-shot"
    of = facts(**arms)
    of["other"]["model"] = "another"
    found = retrieval_worth([scored(arm, share(30), "ab" if arm == "rag" else "") for arm in arms], of)
    assert [one.arm for one in found] == ["rag"]
    assert {what: pair.second for what, pair in found[0].against.items()} == {
        "without examples": "z",
        "random examples": "r2",
        "labels alone": "l2",
        "vote of its examples": "the vote of rag's examples",
    }
    assert found[0].family == 4


def test_accuracy_is_split_by_whether_the_truth_was_shown() -> None:
    shown, other = scored("rag", share(45), "ab"), scored("rag", share(45), "bc")
    half = Scored("rag", shown.targets, shown.predictions[:30] + other.predictions[30:])
    (one,) = retrieval_worth([half], facts(rag="rag-2"))
    assert (one.shown.right, one.shown.n, one.not_shown.right, one.not_shown.n) == (30, 30, 15, 30)
    assert one.lines[-1].startswith("rag is right in 100.0 % where a true label is shown (30 cases, 95 %: ")


def test_all_comparisons_of_all_models_are_one_family() -> None:
    arms = [scored("z1", share(20)), scored("g1", share(33), "ab")]
    arms += [scored("z2", share(20)), scored("g2", share(20), "ab")]
    kinds = {"z": "zero-shot", "g": "rag-2"}
    of = {one.name: {"method": kinds[one.name[0]], "model": one.name[1]} for one in arms}
    found = retrieval_worth(arms, of)
    pairs = [pair for one in found for pair in one.against.values()]
    assert {one.family for one in found} == {len(pairs)} == {4}
    assert all(pair.adjusted_p >= pair.p for pair in pairs)
    alone = retrieval_worth(arms[:2], of)[0].against["without examples"]
    assert found[0].against["without examples"].adjusted_p > alone.adjusted_p


def test_methods_that_ask_no_model_and_answers_without_examples_have_no_say() -> None:
    assert retrieval_worth([scored("vote", share(30), "ab")], {"vote": {"method": "knn-vote-5"}}) == ()
    assert retrieval_worth([scored("rag", share(30))], facts(rag="rag-2")) == ()
