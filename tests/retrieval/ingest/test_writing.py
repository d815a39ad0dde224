"""Ingest resumes, embeds nothing twice, leaves nothing out silently, and is whole at every moment."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.case import Task
from dermtools.cases.edits import restore
from dermtools.cases.history import history
from dermtools.cases.store import CaseStore
from dermtools.errors import CaseBaseError
from dermtools.retrieval.ingest.writing import ingest
from tests.support.mean_colour import (
    IDENTITY,
    LOCATION,
    TEN,
    MeanColour,
    Watcher,
    counts,
    shade,
    source,
    source_case,
)


def test_every_case_arrives_with_its_vector_and_a_clean_small_jpeg(store: CaseStore) -> None:
    watcher = Watcher()
    embedder = MeanColour()
    report = ingest(store, embedder, TEN, batch_size=4, progress=watcher)
    assert counts(report) == (10, 0, 0, 10)
    assert embedder.batches == [4, 4, 2]
    assert (report.duplicates, report.problems) == ((), ())
    assert (watcher.total, watcher.done) == (10, 10)
    columns, vectors = store.columns_and_vectors()
    for item in TEN.cases:
        row = columns.row_of[item.case.case_id]
        assert columns.case(row) == item.case
        original = Image.open(io.BytesIO(item.image)).convert("RGB")
        assert np.allclose(vectors[row], np.asarray(original).mean(axis=(0, 1)))
        jpeg = Image.open(io.BytesIO(store.jpegs([item.case.case_id])[item.case.case_id]))
        assert (jpeg.format, jpeg.size) == ("JPEG", (40, 30))
    assert store.manifest.tasks == (LOCATION,)
    assert [(note.name, note.notes) for note in store.manifest.sources] == [("drawn", ("drawn",))]


def test_the_same_again_changes_and_embeds_nothing(store: CaseStore) -> None:
    ingest(store, MeanColour(), TEN, batch_size=4)
    version = store.version
    embedder = MeanColour()
    assert counts(ingest(store, embedder, TEN)) == (0, 0, 10, 0)
    assert embedder.batches == []
    assert store.version == version


def test_more_cases_later_embed_only_those(store: CaseStore) -> None:
    ingest(store, MeanColour(), source(*TEN.cases[:6]))
    assert counts(ingest(store, MeanColour(), TEN)) == (4, 0, 6, 4)
    assert len(store) == 10


def test_other_labels_are_written_without_embedding(store: CaseStore) -> None:
    ingest(store, MeanColour(), TEN)
    vectors = dict(zip(store.columns().case_ids, store.vectors(), strict=True))
    changed = source_case(3, labels={"location": ("face",)}, split="test", attributes={})
    assert counts(ingest(store, MeanColour(), source(*TEN.cases[:3], changed))) == (0, 1, 3, 0)
    columns = store.columns()
    assert columns.case(columns.row_of["case3"]) == changed.case
    after = dict(zip(columns.case_ids, store.vectors(), strict=True))
    assert all(np.array_equal(after[case_id], vectors[case_id]) for case_id in vectors)


def test_an_ingest_is_in_the_history_and_can_be_undone(store: CaseStore) -> None:
    ingest(store, MeanColour(), source(*TEN.cases[:6]))
    before = store.columns()
    changed = source_case(3, labels={"location": ("face",)}, split="test", attributes={})
    ingest(store, MeanColour(), source(changed, *TEN.cases[6:]))
    ingest(store, MeanColour(), source(changed, *TEN.cases[6:]))  # changes nothing, and is no version
    found = history(store)
    assert [(one.command, one.what, one.cases) for one in found.versions] == [
        ("ingest", "6 new cases, 0 changed", 6),
        ("ingest", "4 new cases, 1 changed", 10),
    ]
    restore(store, found.restorable()[0])
    after = store.columns()
    assert [after.case(row) for row in range(len(after))] == [before.case(row) for row in range(6)]
    assert store.manifest.tasks == (LOCATION,)


def test_another_picture_is_embedded_again(store: CaseStore) -> None:
    ingest(store, MeanColour(), TEN)
    assert counts(ingest(store, MeanColour(), source(source_case(3, shade(200))))) == (0, 1, 0, 1)
    columns, vectors = store.columns_and_vectors()
    assert np.allclose(vectors[columns.row_of["case3"]], [200, 55, 90])
    assert len(columns) == 10


def test_ctrl_c_keeps_what_was_committed(store: CaseStore) -> None:
    class Impatient(Watcher):
        def advance(self, n: int = 1) -> None:
            super().advance(n)
            if self.done >= 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(store, MeanColour(), TEN, batch_size=2, progress=Impatient())
    assert len(CaseStore.open(store.path)) == 4
    assert counts(ingest(store, MeanColour(), TEN)) == (6, 0, 4, 6)


def test_the_case_base_can_be_read_while_it_grows(store: CaseStore) -> None:
    seen: list[int] = []

    def look(vectors: NDArray[np.float32]) -> None:
        reader = CaseStore.open(store.path)
        columns, stored = reader.columns_and_vectors()
        assert len(columns) == len(stored) == len(reader.jpegs(columns.case_ids))
        labels = {label for found in columns.labels["location"] for label in found}
        assert labels <= set(reader.manifest.task("location").labels)
        seen.append(len(columns))

    ingest(store, MeanColour(look), TEN, batch_size=2)
    # The batch before one is written while that is embedded.
    assert [max(number - 1, 0) * 2 <= held <= number * 2 for number, held in enumerate(seen)] == [True] * 5
    assert {held % 2 for held in seen} == {0}


def test_label_sets_grow_and_forget_only_corrected_labels(store: CaseStore) -> None:
    wide = Task(name="location", question="Where?", labels=("face", "hadn", "hand", "knee"))
    ingest(store, MeanColour(), source(source_case(0), source_case(1, labels={"location": ("hadn",)}), tasks=(wide,)))
    assert store.manifest.task("location") == wide
    ingest(store, MeanColour(), source(source_case(1)))
    assert store.manifest.task("location").labels == ("face", "hand", "knee")


def test_labels_that_no_case_has_any_more_go_and_declared_ones_stay(store: CaseStore) -> None:
    infection = Task(name="infection", question="Infected?", labels=("no", "yes"))
    ingest(store, MeanColour(), source(source_case(1, labels={"infection": ("no",)}), tasks=(infection,)))
    narrow = Task(name="infection", question="Infected?", labels=("unclear",))
    ingest(store, MeanColour(), source(source_case(1, labels={"infection": ("unclear",)}), tasks=(narrow,)))
    assert store.manifest.task("infection").labels == ("unclear", "yes")


def test_another_embedder_is_refused(store: CaseStore) -> None:
    other = MeanColour()
    other.identity = IDENTITY.model_copy(update={"revision": "2"})
    with pytest.raises(CaseBaseError, match=r"made with mean-colour .*revision 1.* not with .*revision 2"):
        ingest(store, other, TEN)


def test_two_ingests_at_once_are_refused(store: CaseStore) -> None:
    def start_another(vectors: NDArray[np.float32]) -> None:
        with pytest.raises(CaseBaseError, match="another process is writing"):
            ingest(CaseStore.open(store.path), MeanColour(), TEN)

    assert ingest(store, MeanColour(start_another), TEN).added == 10
