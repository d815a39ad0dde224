"""Whole numbers as programs have them count at every door; what is none is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases import SourceData, load_source
from dermtools.embedding import load_embedder
from dermtools.errors import PromptError, QueryError
from dermtools.evaluation import evaluate, grid
from dermtools.numbers import whole_number
from dermtools.prompting.exemplars.selectors import RandomSelector
from dermtools.prompting.pictures import PictureBudget
from dermtools.retrieval import CaseBase, KNNVote, SimilarCaseRetriever
from tests.support import tiny_onnx

TYPES = (np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64, np.intp)


class Indexed:
    """An integer of somebody's own."""

    def __index__(self) -> int:
        return 3


@pytest.mark.parametrize(
    "value", [*(kind(3) for kind in TYPES), np.array(3), Indexed()], ids=lambda value: type(value).__name__
)
def test_every_integer_is_taken(value: object) -> None:
    number = whole_number(value, "k")
    assert (number, type(number)) == (3, int)


@pytest.mark.parametrize(
    "value", [True, False, np.True_, 3.0, np.float64(3), np.float32(3), "3", None, [3], np.array([3]), 0, np.int64(-1)]
)
def test_what_is_no_whole_number_is_refused_as_it_came(value: object) -> None:
    with pytest.raises(PromptError) as caught:
        whole_number(value, "k", error=PromptError)
    assert str(caught.value) == f"k must be a whole number of at least 1, not {value!r}"


@given(st.integers(-(2**63), 2**63 - 1))
def test_the_value_stays_the_same(value: int) -> None:
    assert whole_number(np.int64(value), "n", least=-(2**63)) == value


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    case_base = CaseBase.create(tmp_path_factory.mktemp("numbers") / "base", embedder="descriptor")
    case_base.add(load_source("sample"), batch_size=np.int64(100), workers=np.int32(2))
    return case_base


@pytest.mark.parametrize("kind", TYPES)
def test_searches_and_votes_take_them(sample: CaseBase, kind: type) -> None:
    one, three, nine = kind(1), kind(3), kind(9)
    case_id = sample.columns.case_ids[0]
    expected = sample.search(case_id=case_id, k=3, max_per_group=1, diversity="mmr", mmr_pool=9).case_ids
    given = {"max_per_group": one, "diversity": "mmr", "mmr_pool": nine, "mmr_relevance": np.float32(0.5)}
    assert sample.search(case_id=case_id, k=three, **given).case_ids == expected
    vote = KNNVote(sample, "location", three, max_per_group=one)
    assert (vote.name, len(vote.predict(sample.query(case_id=case_id)).exemplars)) == ("knn-vote-3", 3)
    retriever = SimilarCaseRetriever(case_base=sample, k=kind(2), max_per_group=one)
    assert [len(retriever.invoke(f"case:{case_id}", **call)) for call in ({}, {"k": three})] == [2, 3]


@pytest.mark.parametrize("value", [True, np.True_, 2.5, "3", 0])
def test_no_door_takes_what_is_none(sample: CaseBase, value: object) -> None:
    case_id, task = sample.columns.case_ids[0], sample.task("location")
    nothing = SourceData(name="nothing", tasks=(), cases=())
    for door in (
        lambda: sample.search(case_id=case_id, k=value),
        lambda: sample.search(case_id=case_id, max_per_group=value),
        lambda: sample.search(case_id=case_id, diversity="mmr", mmr_pool=value),
        lambda: sample.add(nothing, batch_size=value),
        lambda: sample.add(nothing, workers=value),
        lambda: KNNVote(sample, "location", value),
        lambda: RandomSelector(sample, task, value),
        lambda: PictureBudget(max_side=value),
    ):
        with pytest.raises((QueryError, PromptError), match="must be a whole number of at least 1"):
            door()


@pytest.mark.parametrize("value", ["0.5", None, np.nan, np.float32(1.5), -1])
def test_relevance_is_a_share(sample: CaseBase, value: object) -> None:
    with pytest.raises(QueryError, match="mmr_relevance must lie between 0 and 1"):
        sample.search(case_id=sample.columns.case_ids[0], diversity="mmr", mmr_relevance=value)


def test_they_are_written_into_records_as_numbers(sample: CaseBase, tmp_path: Path) -> None:
    settings = grid(shots=np.array([0, 3]), size=[np.int64(256)])
    assert json.loads(json.dumps(settings)) == [{"shots": 0, "size": 256}, {"shots": 3, "size": 256}]
    selector = RandomSelector(sample, sample.task("location"), np.int64(3), seed=np.int64(7))
    assert json.loads(json.dumps(selector.settings)) | {"k": 3, "seed": 7} == selector.settings
    vote = KNNVote(sample, "location", np.int64(5))
    done = evaluate(sample, "location", [vote], tmp_path / "run", limit=np.int64(6), seed=np.int64(3))
    assert (done.run.spec.limit, done.run.spec.seed, len(done.run.spec.targets)) == (6, 3, 6)


def test_an_embedders_options_may_be_numpys(tmp_path: Path) -> None:
    file = tiny_onnx.write(tmp_path / "m.onnx", shape=("n", 3, "h", "w"))
    given = {"size": np.int64(8), "threads": np.int64(1), "batch_size": np.int8(2), "mean": np.zeros(3)}
    assert load_embedder(f"onnx:{file}", **given).image_side == 8
