"""Each content is embedded once, whatever the batches, and what cannot be embedded costs only itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.store import CaseStore
from dermtools.embedding.base import PartialEmbeddingError, UnavailableError
from dermtools.errors import EmbeddingError
from dermtools.retrieval.ingest import sizes
from dermtools.retrieval.ingest.writing import ingest
from tests.support.mean_colour import (
    IDENTITY,
    TEN,
    MeanColour,
    counts,
    shade,
    source,
    source_case,
)


def test_rows_that_the_embedder_fails_on_cost_only_those_and_their_copies(store: CaseStore) -> None:
    def fail_on_dark(vectors: NDArray[np.float32]) -> None:
        dark = dict.fromkeys(np.flatnonzero(vectors[:, 0] < 15).tolist(), "too dark")
        if dark:
            vectors[list(dark)] = np.nan
            raise PartialEmbeddingError(vectors, dark)

    data = source(*(source_case(number) for number in range(5)), source_case(8, shade(10)))
    report = ingest(store, MeanColour(fail_on_dark), data)
    assert counts(report) == (3, 0, 0, 3)
    assert [(problem.where, problem.reason) for problem in report.problems] == [
        (case_id, "too dark") for case_id in ("case0", "case1", "case8")
    ]
    assert counts(ingest(store, MeanColour(), data)) == (3, 0, 3, 2)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
@pytest.mark.parametrize("dark", [1, 2, 4, 5])
@pytest.mark.parametrize("partial", [False, True])
def test_batch_in_which_every_picture_fails_costs_only_those(
    store: CaseStore, batch_size: int, dark: int, partial: bool
) -> None:
    def fail_on_dark(vectors: NDArray[np.float32]) -> None:
        failed = {int(row): f"too dark at {vectors[row, 0]:g}" for row in np.flatnonzero(vectors[:, 0] < 10 * dark)}
        if not failed:
            return
        if len(failed) == len(vectors) and not partial:
            raise EmbeddingError("; ".join(failed.values()))
        raise PartialEmbeddingError(vectors, failed)

    report = ingest(store, MeanColour(fail_on_dark), source(*TEN.cases[:5]), batch_size=batch_size)
    assert counts(report) == (5 - dark, 0, 0, 5 - dark)
    assert [(problem.where, problem.reason.rpartition(": ")[2]) for problem in report.problems] == [
        (f"case{number}", f"too dark at {10 * number}") for number in range(dark)
    ]


@pytest.mark.parametrize("batch_size", [1, 2])
def test_service_at_fault_ends_the_ingest_whatever_the_batch(store: CaseStore, batch_size: int) -> None:
    def refuse_colours_of_cases(vectors: NDArray[np.float32]) -> None:
        if vectors[0, 2] == 90 and vectors[0, 0] >= 40:
            raise UnavailableError("the key was not accepted")

    embedder = MeanColour(refuse_colours_of_cases)
    with pytest.raises(EmbeddingError, match=r"the key was not accepted; 4 cases of this run are kept, .* again"):
        ingest(store, embedder, TEN, batch_size=batch_size)
    assert counts(ingest(store, MeanColour(), TEN)) == (6, 0, 4, 6)


def test_embedder_that_fails_on_any_picture_ends_the_ingest(store: CaseStore) -> None:
    def fail(vectors: NDArray[np.float32]) -> None:
        raise PartialEmbeddingError(vectors, dict.fromkeys(range(len(vectors)), "HTTP 500"))

    with pytest.raises(EmbeddingError, match="HTTP 500; 0 cases of this run are kept"):
        ingest(store, MeanColour(fail), source(source_case(1)))
    assert len(store) == 0


def test_vectors_without_the_promised_norm_cost_only_their_rows(tmp_path: Path) -> None:
    class Normalised(MeanColour):
        identity = IDENTITY.model_copy(update={"normalized": True})

        def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
            vectors = super().embed_images(images)
            return vectors / np.where(vectors[:, :1] == 10, 100, np.linalg.norm(vectors, axis=1, keepdims=True))

    store = CaseStore.create(tmp_path / "base", embedder_spec="mean-colour", identity=Normalised.identity)
    report = ingest(store, Normalised(), source(*TEN.cases[:3]))
    assert counts(report) == (2, 0, 0, 2)
    assert [problem.where for problem in report.problems] == ["case1"]
    assert report.problems[0].reason.startswith("its embedding has norm 2.6")


def test_vectors_that_are_not_finite_cost_only_their_rows(store: CaseStore) -> None:
    def spoil(vectors: NDArray[np.float32]) -> None:
        vectors[1] = np.inf

    report = ingest(store, MeanColour(spoil), source(*TEN.cases[:3]))
    assert counts(report) == (2, 0, 0, 2)
    assert [problem.where for problem in report.problems] == ["case1"]


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_swapped_pictures_end_up_right_whatever_the_batches(store: CaseStore, batch_size: int) -> None:
    ingest(store, MeanColour(), source(source_case(1), source_case(2)))
    swapped = source(source_case(1, shade(20)), source_case(2, shade(10)))
    report = ingest(store, MeanColour(), swapped, batch_size=batch_size)
    assert (report.added, report.updated, report.problems) == (0, 2, ())
    columns, vectors = store.columns_and_vectors()
    assert np.allclose(vectors[columns.row_of["case1"]], [20, 235, 90])
    assert np.allclose(vectors[columns.row_of["case2"]], [10, 245, 90])
    assert counts(ingest(store, MeanColour(), swapped)) == (0, 0, 2, 0)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_content_under_another_id_is_noted_kept_and_embedded_once(store: CaseStore, batch_size: int) -> None:
    twins = source(source_case(1), source_case(2), source_case(3, shade(10)), source_case(4, shade(20)))
    report = ingest(store, MeanColour(), twins, batch_size=batch_size)
    assert counts(report) == (4, 0, 0, 2)
    assert [(note.case_id, note.same_as) for note in report.duplicates] == [("case3", "case1"), ("case4", "case2")]
    later = ingest(store, MeanColour(), source(source_case(5, shade(20))))
    assert counts(later) == (1, 0, 0, 0)
    assert later.duplicates[0].case_id == "case5"
    columns, vectors = store.columns_and_vectors()
    assert np.array_equal(vectors[columns.row_of["case5"]], vectors[columns.row_of["case2"]])


def test_a_failure_for_good_keeps_what_was_committed_and_says_so(store: CaseStore) -> None:
    def fail_third(vectors: NDArray[np.float32]) -> None:
        if len(embedder.batches) == 2:
            raise EmbeddingError("the server is gone")

    embedder = MeanColour(fail_third)
    with pytest.raises(EmbeddingError, match=r"the server is gone; 6 cases of this run are kept, .* again"):
        ingest(store, embedder, TEN, batch_size=3)
    assert len(CaseStore.open(store.path)) == 6
    assert counts(ingest(store, MeanColour(), TEN, batch_size=3)) == (4, 0, 6, 4)


def test_batches_end_early_at_their_pixel_limit(store: CaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "BATCH_PIXELS", 2 * 40 * 30)
    embedder = MeanColour()
    ingest(store, embedder, TEN)
    assert embedder.batches == [2] * 5
