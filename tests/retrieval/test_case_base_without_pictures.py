"""A case base of vectors alone is searched, votes and is checked; where a picture would be shown, one line says no."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from langchain_core.language_models import FakeListChatModel

from dermtools import CaseBase, chain_for, method
from dermtools.cases import SourceOptions, load_source
from dermtools.cases.sources.vectors import dimension_and_norm
from dermtools.embedding import UnavailableError
from dermtools.embedding.given import GivenVectors
from dermtools.errors import CaseBaseError, QueryError, SourceError
from dermtools.retrieval.gallery import Page, page_html, result_for
from tests.support.mean_colour import MeanColour, shade

RNG = np.random.default_rng(5)
VECTORS = RNG.normal(size=(40, 3)).astype(np.float32)
FRAME = pd.DataFrame(
    {
        "id": [f"c{row:02d}" for row in range(40)],
        "patient_id": [row // 2 for row in range(40)],
        "dx": ["ab"[row // 2 % 2] for row in range(40)],
        "split": ["train", "train", "test", "valid"] * 10,
    }
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    path = tmp_path_factory.mktemp("bare") / "base"
    case_base = CaseBase.create(path, embedder=GivenVectors("mean-colour", 3, normalized=False))
    report = case_base.add(FRAME, vectors=VECTORS)
    assert (report.added, report.embedded, report.problems) == (40, 0, report.problems)
    return case_base


def test_vectors_come_in_as_they_were_and_a_second_time_nothing_changes(bare):
    rows = [bare.columns.row_of[one] for one in FRAME["id"]]
    assert np.array_equal(bare.vectors[rows], VECTORS)
    assert set(bare.columns.widths) == set(bare.columns.heights) == {0}
    assert bare.add(FRAME, vectors=VECTORS).unchanged == 40


def test_a_vector_that_changed_is_replaced(tmp_path):
    case_base = CaseBase.create(tmp_path / "base", embedder=MeanColour())
    with_pictures = FRAME.head(3).assign(image=[shade(number * 50) for number in range(3)])
    case_base.add(with_pictures, vectors=VECTORS[:3])
    assert np.array_equal(case_base.vectors[[case_base.columns.row_of[f"c0{row}"] for row in range(3)]], VECTORS[:3])
    assert case_base.jpeg("c01")
    report = case_base.add(with_pictures, vectors=VECTORS[3:6])
    assert (report.updated, report.embedded) == (3, 0)
    assert np.array_equal(case_base.vectors[case_base.columns.row_of["c02"]], VECTORS[5])


def test_search_by_case_and_by_vector_is_that_of_the_distances(bare):
    found = bare.search(vector=VECTORS[0], group_id="0", k=5)
    distances = np.linalg.norm(VECTORS - VECTORS[0], axis=1)
    distances[:2] = np.inf
    assert [one.case.case_id for one in found] == [f"c{row:02d}" for row in np.argsort(distances)[:5]]
    assert [one.case.case_id for one in bare.search(case_id="c00", k=5)] == [one.case.case_id for one in found]


def test_a_vote_and_a_classifier_need_no_picture(bare):
    prediction = method("knn-vote-5", bare, "diagnosis").predict(bare.query(case_id="c00"))
    assert prediction.label in ("a", "b")
    assert bare.query(case_id="c00").jpeg is None


def test_a_check_finds_no_fault_in_missing_pictures(bare):
    assert not {finding.kind for finding in bare.check().findings} & {"tiny-picture", "unreadable-picture"}


def test_a_page_says_that_there_is_no_picture(bare):
    query = bare.query(case_id="c00")
    html = page_html(Page("t", [result_for(bare, query, bare.search(query=query, k=2))]))
    assert html.count("no picture") == 3
    assert "no picture" in bare.search(query=query, k=2)._repr_html_()


def test_a_picture_that_is_asked_for_is_refused_in_one_line(bare):
    with pytest.raises(QueryError, match=r"\Acase 'c00' has no picture to show[^\n]+\Z"):
        bare.jpeg("c00")


def test_a_prompt_with_exemplar_pictures_is_refused_in_one_line(bare):
    opened = CaseBase.open(bare.path, embedder=MeanColour())
    model = FakeListChatModel(responses=["a"])
    chain = chain_for("rag-2", model=model, case_base=opened, task="diagnosis")
    for question, said in ({"image": shade(10)}, "has no picture to show"), ({"case_id": "c00"}, "has no picture"):
        with pytest.raises(QueryError, match=rf"\A[^\n]*{said}[^\n]*\Z"):
            chain.invoke(question)


def test_a_query_picture_needs_the_embedder_of_that_name(bare):
    with pytest.raises(UnavailableError, match=r"mean-colour, which is not here: a picture needs it"):
        CaseBase.open(bare.path).query(shade(10))
    query = CaseBase.open(bare.path, embedder=MeanColour()).query(shade(10))
    assert query.vector.tolist() == pytest.approx([10, 245, 90])
    with pytest.raises(CaseBaseError, match="was made with"):
        CaseBase.open(bare.path, embedder="descriptor")


def test_a_vector_of_another_dimension_or_norm_is_a_line_and_leaves_nothing(tmp_path):
    case_base = CaseBase.create(tmp_path / "base", embedder=GivenVectors("m", 3, normalized=True))
    report = case_base.add(FRAME.head(2), vectors=np.array([[0, 1, 0], [0, 2, 0]]))
    assert [(one.where, "norm 2" in one.reason) for one in report.problems if one.where == "c01"] == [("c01", True)]
    assert len(case_base) == 1
    with pytest.raises(SourceError, match=r"\Athe vectors of [^\n]+ hold 4 numbers, those of m [^\n]+\Z"):
        case_base.add(FRAME.tail(2), vectors=np.eye(4)[:2])
    assert len(case_base) == 1


def test_real_vectors_of_medimageinsight_vote_as_their_source_says(shared, tmp_path):
    """Seven figures to three places: what came in is every vector, label and split, each with its case.

    The source's vectors are less the mean of train, and of norm 1 again; its 15 nearest vote with equal weight, the
    nearer label first where two have as many.
    """
    folder = shared / "data" / "woundcarevqa"
    if not (folder / "medimageinsight_woundcare.npz").is_file():
        pytest.skip(f"no vectors in {folder}")
    file = np.load(folder / "medimageinsight_woundcare.npz")
    centred = file["vector"] - file["vector"][file["split"] == "train"].mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    np.savez(tmp_path / "centred.npz", image_id=file["image_id"], vector=centred)
    wanted = {
        "infection": 0.75,
        "wound_type": 0.829,
        "wound_thickness": 0.434,
        "tissue_color": 0.5,
        "drainage_amount": 0.513,
        "drainage_type": 0.579,
        "anatomic_locations": 0.553,
    }
    data = load_source(folder, options=SourceOptions(vectors=tmp_path / "centred.npz", tasks=tuple(wanted)))
    dimension, normalized = dimension_and_norm(data.cases)
    assert (len(data.cases), dimension, normalized) == (601, 1024, True)
    case_base = CaseBase.create(tmp_path / "base", embedder=GivenVectors("centred", 1024, normalized=True))
    case_base.add(data)
    encounters = json.loads((folder / "dataset-full-original" / "woundcarevqa.json").read_text())
    truth = {image.rpartition(".")[0]: encounter for encounter in encounters for image in encounter["image_ids"]}
    right: Counter[str] = Counter()
    tests = file["image_id"][file["split"] == "test"].tolist()
    for one in tests:
        near = case_base.search(case_id=one, k=15, where="split = 'train'", leak_guard=False)
        for field in wanted:
            votes = Counter(label for neighbor in near for label in neighbor.case.labels[field])
            true = truth[one][field]
            right[field] += votes.most_common(1)[0][0] in (true if isinstance(true, list) else [true])
    assert {field: round(right[field] / len(tests), 3) for field in wanted} == wanted
