from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dermtools.adapter import LabelSimilarityMethod, MajorityMethod
from dermtools.cases import EmbedderIdentity, Task
from dermtools.embedding import Embedder
from dermtools.errors import EmbeddingError, QueryError, TrainingError
from dermtools.prediction import Method, Query

TASK = Task(name="site", question="Where?", labels=("left_arm", "nose"))


class PictureEmbedder:
    """Mean colours of a picture."""

    spec = "mean-colour"
    identity = EmbedderIdentity(name="mean-colour", revision="1", preprocessing="none", dimension=3, normalized=False)
    dimension = 3
    image_side = 1

    def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.array([np.asarray(image).mean(axis=(0, 1)) for image in images], dtype=np.float32)


class ColourWordEmbedder(PictureEmbedder):
    """Reads text too: as the colour of the words."""

    logit_scale = 10.0

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        colours = [[1, 0, 0] if "left arm" in text else [0, 1, 1] for text in texts]
        return np.array(colours, dtype=np.float32)


def test_the_label_whose_text_is_nearest_wins_by_the_embedders_own_scale() -> None:
    method = LabelSimilarityMethod(ColourWordEmbedder(), TASK)
    assert isinstance(method, Method)
    red, teal = method.predict_many(
        [Query(name="red", vector=np.float32([5, 0, 0])), Query(name="teal", vector=np.float32([0, 2, 2]))]
    )
    assert (red.label, teal.label) == ("left_arm", "nose")
    # Cosines 1 and 0, ten times.
    assert red.probabilities["left_arm"] == pytest.approx(1 / (1 + np.exp(-10)))


def test_templates_are_averaged() -> None:
    method = LabelSimilarityMethod(ColourWordEmbedder(), TASK, templates=["{label}", "a {label}"])
    assert method.predict(Query(name="red", vector=np.float32([1, 0, 0]))).label == "left_arm"


def test_needs_an_embedder_that_reads_text() -> None:
    embedder: Embedder = PictureEmbedder()
    with pytest.raises(TrainingError, match="needs an embedder that reads text; mean-colour embeds pictures only"):
        LabelSimilarityMethod(embedder, TASK)


@pytest.mark.parametrize("templates", [[], ["a photograph"]])
def test_a_template_without_a_label_is_refused(templates: list[str]) -> None:
    with pytest.raises(TrainingError, match="label"):
        LabelSimilarityMethod(ColourWordEmbedder(), TASK, templates=templates)


def test_a_query_without_a_direction_or_an_embedding_is_refused() -> None:
    method = LabelSimilarityMethod(ColourWordEmbedder(), TASK)
    with pytest.raises(EmbeddingError, match="zero everywhere"):
        method.predict(Query(name="black", vector=np.zeros(3, dtype=np.float32)))
    with pytest.raises(QueryError, match="no embedding"):
        method.predict(Query(name="nothing"))


def test_always_gives_the_most_frequent_train_label_and_the_frequencies(data, cases) -> None:
    train = cases("train", 100, labels=("calm", "calm", "calm", "angry"))
    method = MajorityMethod.fit(replace(data, train=train))
    assert isinstance(method, Method)
    prediction = method.predict(Query(name="anything"))
    assert prediction.label == "calm"
    assert prediction.probabilities == {"calm": 0.75, "angry": 0.25, "burnt": 0.0}
    assert method.predict_many([Query(name="a"), Query(name="b")]) == [prediction, prediction]


def test_without_train_cases_there_is_no_majority(data, cases) -> None:
    with pytest.raises(TrainingError, match="no case of the train split"):
        MajorityMethod.fit(replace(data, train=cases("train", 0)))
