"""The three methods over the wire, for both APIs: what arrives is checked message by message."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from dermtools.prediction import Outcome, Prediction
from dermtools.prompting import (
    PictureBudget,
)
from dermtools.retrieval import CaseBase
from tests.support.chains import chain, texts
from tests.support.openai_replies import Answer
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer, Request
from tests.support.pictures import picture

APIS = ("chat", "responses")
METHODS = ("zero-shot", "random-5", "rag-5", "rag-mmr-5", "rag-balanced-5", "rag-labels-5")


def check_request(request: Request, case_base: CaseBase, prediction: Prediction, case_id: str, max_side: int) -> None:
    """One request of a `single` layout: roles, order, labels, pictures, and that nothing gives the answer away."""
    query = case_base.case(case_id)
    system, *shown, question = request.messages
    assert [message["role"] for message in request.messages] == ["system", *["user"] * (len(shown) + 1)]
    assert len(shown) == len(prediction.exemplars)
    pictured = not prediction.method.startswith("rag-labels")
    assert len(request.pictures) == (len(shown) if pictured else 0) + 1

    for rank, (message, exemplar) in enumerate(zip(shown, prediction.exemplars, strict=True)):
        case = case_base.case(exemplar.case_id)
        told = "" if pictured else f"Similar photograph {len(shown) - rank}, not shown. "
        assert texts(message) == [f"{told}Answer: {' | '.join(case.labels['location'])}"]
        assert set(case.labels["location"]) <= set(case_base.task("location").labels)
        assert case.group_id != query.group_id
        assert case.split == "train"
    assert len({exemplar.group_id for exemplar in prediction.exemplars}) == len(prediction.exemplars)
    if max_side >= 512 and pictured:
        assert request.pictures[:-1] == [case_base.jpeg(exemplar.case_id) for exemplar in prediction.exemplars]

    for jpeg in request.pictures:
        with Image.open(io.BytesIO(jpeg)) as image:
            image.load()
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert max(image.size) <= max_side
            assert not image.getexif()
            assert set(image.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "progressive",
                "progression",
            }

    # The truth is in the label list, where every label is, and in examples that happen to share it: nowhere else.
    assert texts(question) == []
    outside = json.dumps(request.body).replace(json.dumps(texts(system)[0])[1:-1], "")
    for told in (case_id, query.group_id):
        assert told not in outside


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("method", METHODS)
def test_what_arrives_is_what_the_method_promises_on_real_photographs(
    schemas: OpenAISchemas, photographs_base: CaseBase, method: str, api: str
) -> None:
    case_base = photographs_base
    labels = case_base.task("location").labels
    columns = case_base.columns
    tested = [case for case, split in zip(columns.case_ids, columns.splits, strict=True) if split == "test"][:4]
    with OpenAIServer(schemas, default=Answer(labels[0])) as server:
        for max_side in (512, 128):
            asking = chain(server, case_base, method, api=api, budget=PictureBudget(max_side=max_side))
            for case_id in tested:
                prediction = asking.invoke({"case_id": case_id})
                assert (prediction.label, prediction.outcome) == (labels[0], Outcome.OK)
                assert (prediction.method, prediction.task) == (method, "location")
                request = server.requests[-1]
                assert request.refused is None
                check_request(request, case_base, prediction, case_id, max_side)
                for label in labels:
                    assert f"- {label}" in texts(request.messages[0])[0]
                if method.startswith("rag"):
                    distances = [exemplar.distance or 0.0 for exemplar in prediction.exemplars]
                    assert distances == sorted(distances, reverse=True), "nearest last"


@pytest.mark.parametrize("api", APIS)
def test_question_and_answer_pairs_arrive_in_turns(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    with OpenAIServer(schemas) as server:
        prediction = chain(server, case_base, "rag-3", api=api, layout="pairs").invoke("c03")
        messages = server.requests[0].messages
    assert [message["role"] for message in messages] == ["system", *["user", "assistant"] * 3, "user"]
    told = [texts(message) for message in messages if message["role"] == "assistant"]
    assert told == [[" | ".join(exemplar.labels)] for exemplar in prediction.exemplars]


@pytest.mark.parametrize("api", APIS)
def test_detail_arrives(schemas: OpenAISchemas, case_base: CaseBase, api: str) -> None:
    with OpenAIServer(schemas) as server:
        for detail in ("low", "high"):
            chain(server, case_base, "rag-2", api=api, budget=PictureBudget(detail=detail)).invoke("c03")
            assert server.requests[-1].details == [detail] * 3


def test_a_photographs_own_metadata_is_not_sent(schemas: OpenAISchemas, case_base: CaseBase) -> None:
    encoded = picture(999)
    assert b"patient name" in encoded
    with OpenAIServer(schemas) as server:
        for method in ("zero-shot", "rag-2"):
            chain(server, case_base, method).invoke({"image": encoded})
            assert all(b"patient name" not in jpeg for jpeg in server.requests[-1].pictures)
