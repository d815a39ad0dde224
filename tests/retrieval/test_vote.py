"""`knn-vote-K`: weights, shares and who may vote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import StoredCase
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.store import CaseStore
from dermtools.errors import QueryError
from dermtools.prediction import Exemplar, Method, Outcome, Query
from dermtools.retrieval import CaseBase, KNNVote
from dermtools.retrieval.search.votes import votes

IDENTITY = EmbedderIdentity(name="x", revision="1", preprocessing="x", dimension=2, normalized=False)
TASK = Task(name="site", question="Where?", labels=("arm", "back", "face"))
CASES = [
    # (id, group, split, labels, place)
    ("near", "g1", "train", ("arm",), 1.0),
    ("middle", "g2", "train", ("back", "face"), 2.0),
    ("far", "g3", "train", ("back",), 4.0),
    ("farther", "g3", "train", ("back",), 5.0),
    ("unlabelled", "g4", "train", (), 0.5),
    ("test", "g5", "test", ("face",), 0.1),
    ("age", "g6", "valid", ("face",), 0.2),
]


@pytest.fixture
def case_base(tmp_path: Path) -> CaseBase:
    store = CaseStore.create(tmp_path / "base", embedder_spec="x", identity=IDENTITY, tasks=[TASK])
    store.add(
        [
            StoredCase(
                case=Case(case_id=i, group_id=group, split=split, labels={"site": labels} if labels else {}),
                content_hash=f"hash of {i}",
                vector=np.array([place, 0], np.float32),
                jpeg=b"",
                width=1,
                height=1,
            )
            for i, group, split, labels, place in CASES
        ]
    )
    return CaseBase(store)


QUERY = Query(name="q", vector=np.zeros(2, np.float32))


def test_votes_weigh_by_inverse_distance_and_are_shared_among_labels(case_base: CaseBase) -> None:
    prediction = KNNVote(case_base, "site", k=3).predict(QUERY)
    # 1/1 for arm; 1/2 shared by back and face; 1/4 for back.
    assert prediction.probabilities == pytest.approx({"arm": 1 / 1.75, "back": 0.5 / 1.75, "face": 0.25 / 1.75})
    assert list(prediction.probabilities) == ["arm", "back", "face"]
    assert (prediction.label, prediction.method, prediction.task) == ("arm", "knn-vote-3", "site")
    assert [(e.case_id, e.labels, e.distance) for e in prediction.exemplars] == [
        ("near", ("arm",), 1.0),
        ("middle", ("back", "face"), 2.0),
        ("far", ("back",), 4.0),
    ]


def test_only_training_cases_vote_by_default_and_only_labelled_ones(case_base: CaseBase) -> None:
    voters = {e.case_id for e in KNNVote(case_base, "site", k=10).predict(QUERY).exemplars}
    assert voters == {"near", "middle", "far", "farther"}


def test_splits_can_be_chosen_and_none_of_them_means_all(case_base: CaseBase) -> None:
    voters = {e.case_id for e in KNNVote(case_base, "site", k=10, splits=("test", "valid")).predict(QUERY).exemplars}
    assert voters == {"test", "age"}
    assert len(KNNVote(case_base, "site", k=10, splits=()).predict(QUERY).exemplars) == 6


def test_a_case_base_without_a_train_split_votes_with_all_it_has(case_base: CaseBase) -> None:
    case_base.delete([i for i, _, split, *_ in CASES if split == "train"])
    assert len(KNNVote(case_base, "site").predict(QUERY).exemplars) == 2


def test_one_vote_a_group_and_a_condition(case_base: CaseBase) -> None:
    voters = [e.case_id for e in KNNVote(case_base, "site", k=9, max_per_group=1).predict(QUERY).exemplars]
    assert voters == ["near", "middle", "far"]
    voters = [e.case_id for e in KNNVote(case_base, "site", k=9, where="site = 'back'").predict(QUERY).exemplars]
    assert voters == ["middle", "far", "farther"]


def test_a_condition_cannot_talk_itself_out_of_the_split(case_base: CaseBase) -> None:
    vote = KNNVote(case_base, "site", k=9, where="site = 'face' OR split = 'test'")
    assert [e.case_id for e in vote.predict(QUERY).exemplars] == ["middle"]
    with pytest.raises(QueryError, match="cannot read"):
        KNNVote(case_base, "site", where="site = 'face') OR (split = 'test'").predict(QUERY)


def test_a_neighbour_at_no_distance_decides(case_base: CaseBase) -> None:
    query = Query(name="q", vector=np.array([4, 0], np.float32), group_id="new")
    prediction = KNNVote(case_base, "site", k=3).predict(query)
    assert prediction.label == "back"
    assert prediction.confidence == pytest.approx(1.0, abs=1e-6)


def test_without_a_voter_it_abstains_and_says_why(case_base: CaseBase) -> None:
    prediction = KNNVote(case_base, "site", where="case_id = 'nobody'").predict(QUERY)
    assert prediction.outcome is Outcome.ABSTAINED
    assert prediction.reason == "no case with a site label is left to vote"


def test_the_query_s_own_group_has_no_vote(case_base: CaseBase) -> None:
    voters = [e.case_id for e in KNNVote(case_base, "site", k=9).predict(case_base_query(case_base, "far")).exemplars]
    assert voters == ["middle", "near"]


def case_base_query(case_base: CaseBase, case_id: str) -> Query:
    return Query(name=case_id, vector=case_base.vectors[case_base.columns.row_of[case_id]], case_id=case_id)


def test_many_are_predicted_as_each_alone_and_it_is_a_method(case_base: CaseBase) -> None:
    vote = KNNVote(case_base, "site", k=2)
    queries = [case_base_query(case_base, i) for i, *_ in CASES]
    assert vote.predict_many(queries) == [vote.predict(query) for query in queries]
    assert isinstance(vote, Method)


def test_a_wrong_task_k_or_split_is_refused(case_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="no task 'colour'; there are: site"):
        KNNVote(case_base, "colour")
    with pytest.raises(QueryError, match="k of knn-vote must be a whole number of at least 1, not 0"):
        KNNVote(case_base, "site", 0)
    with pytest.raises(QueryError, match="splits must be a list of train, valid, test"):
        KNNVote(case_base, "site", splits=("training",))
    with pytest.raises(QueryError, match="splits must be a list"):
        KNNVote(case_base, "site", splits="train")


def exemplar(distance: float | None, *labels: str) -> Exemplar:
    return Exemplar(case_id="c", group_id="g", labels=labels, distance=distance)


def test_exemplars_without_a_distance_vote_a_head_each() -> None:
    assert votes([exemplar(1.0, "arm"), exemplar(None, "back", "face")]) == {"arm": 1.0, "back": 0.5, "face": 0.5}
    assert votes([]) == {}
