"""The ways of benchmarks/encoders_table.py to get more out of encoders do what their rows say."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmarks.encoders_table import VIEWS, Combined, Remembering, View, chosen_rows, unweighted
from benchmarks.encoders_table import Row as TableRow
from dermtools.embedding import load_embedder
from dermtools.evaluation import Target, score
from dermtools.prediction import Exemplar, Prediction
from tests.support.mean_colour import MeanColour

DESCRIPTOR = load_embedder("descriptor")


def combined(*parts: object, views: tuple[View, ...] = (None,)) -> Combined:
    remembering = tuple(Remembering(part) for part in parts)
    return Combined(remembering, views, "combined", sum(part.dimension for part in parts), 128)


@pytest.fixture
def drawn() -> list[Image.Image]:
    noise = np.random.default_rng(1).integers(0, 255, (2, 40, 40, 3), dtype=np.uint8)
    return [Image.fromarray(pixels) for pixels in noise]


def squared_distance(vectors: np.ndarray) -> float:
    return float(((vectors[0] - vectors[1]) ** 2).sum())


def test_a_squared_distance_of_fused_encoders_is_the_mean_of_theirs(drawn: list[Image.Image]) -> None:
    parts = [combined(part).embed_images(drawn) for part in (DESCRIPTOR, MeanColour())]
    fused = combined(DESCRIPTOR, MeanColour()).embed_images(drawn)
    assert squared_distance(fused) == pytest.approx(np.mean([squared_distance(part) for part in parts]), rel=1e-5)
    np.testing.assert_allclose(np.linalg.norm(fused, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", VIEWS)
def test_a_mean_over_views_is_the_same_for_each_of_them(name: str, drawn: list[Image.Image]) -> None:
    embedder = combined(DESCRIPTOR, views=VIEWS[name])
    seen = [(view and drawn[0].transpose(view)) or drawn[0] for view in VIEWS[name]]
    vectors = embedder.embed_images(seen)
    np.testing.assert_allclose(vectors, np.broadcast_to(vectors[0], vectors.shape), atol=1e-6)
    assert not np.allclose(vectors[0], DESCRIPTOR.embed_images(drawn[:1])[0], atol=1e-3)


def test_no_view_is_embedded_twice(drawn: list[Image.Image]) -> None:
    counting = MeanColour()
    remembering = Remembering(counting)
    first = remembering.embed([drawn[0], drawn[0]])
    np.testing.assert_array_equal(remembering.embed(drawn), [first[0], *MeanColour().embed_images(drawn[1:])])
    assert counting.batches == [1, 1]


def test_an_unweighted_vote_counts_heads() -> None:
    near, *far = [
        Exemplar(case_id=str(number), group_id=str(number), labels=(label,), distance=distance)
        for number, (label, distance) in enumerate([("arm", 0.01), ("face", 1.0), ("face", 1.0)])
    ]
    weighted = Prediction(method="knn-vote-3", task="location", label="arm", exemplars=(near, *far))
    assert unweighted(weighted).label == "face"


def test_of_every_way_the_row_that_is_best_on_validation_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        TableRow(name, combined(MeanColour()), way)
        for name, way in [("plain", None), ("one", "fused"), ("two", "fused")]
    ]
    asked = [Target(case_id="c", group_id="g", truth=("arm",))]
    said = {"plain": "arm", "one": "face", "two": "arm"}
    valid = {
        name: {"location": score(name, asked, {"c": Prediction(method=name, task="location", label=label)})}
        for name, label in said.items()
    }
    assert [row.name for row in chosen_rows(rows, valid)] == ["plain", "two"]
    assert "| two | 1.000 | 1.000 | yes |" in capsys.readouterr().out
