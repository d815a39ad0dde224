"""Ingest goes on where it was, embeds nothing twice, leaves nothing out silently, and is whole at every moment."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.store import CaseStore
from dermtools.embedding.base import PartialEmbeddingError
from dermtools.errors import CaseBaseError, EmbeddingError
from dermtools.retrieval.ingest import writing as ingest_module
from dermtools.retrieval.ingest.writing import IngestReport, ingest

IDENTITY = EmbedderIdentity(name="mean-colour", revision="1", preprocessing="none", dimension=3, normalized=False)
LOCATION = Task(name="location", question="Where?", labels=("face", "hand"))


class MeanColour:
    """A real, tiny embedder: the mean colour. It keeps what it was asked, and can be told to fail."""

    spec = "mean-colour"
    identity = IDENTITY
    dimension = 3
    image_side = 16

    def __init__(self, before: Callable[[NDArray[np.float32]], None] = lambda vectors: None) -> None:
        self.batches: list[int] = []
        self.before = before

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        vectors = np.array([np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images])
        self.before(vectors)
        self.batches.append(len(images))
        return vectors


class Watcher:
    """Progress that keeps its sums."""

    def __init__(self) -> None:
        self.total = self.done = 0

    def start(self, total: int, description: str) -> None:
        self.total, self.done = total, 0

    def advance(self, n: int = 1) -> None:
        self.done += n


def picture(shade: int, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 255 - shade, 90)).save(out, "PNG")
    return out.getvalue()


def source_case(number: int, image: Path | bytes | None = None, **changes: object) -> SourceCase:
    case = {
        "case_id": f"case{number}",
        "group_id": f"group{number // 2}",
        "split": "train",
        "labels": {"location": ("face", "hand")[number % 2 :]},
        "attributes": {"age": number},
    }
    return SourceCase(Case(**(case | changes)), picture(number * 10) if image is None else image)


def source(
    *cases: SourceCase, tasks: tuple[Task, ...] = (LOCATION,), notes: tuple[str, ...] = ("drawn",)
) -> SourceData:
    return SourceData(name="drawn", tasks=tasks, cases=cases, notes=notes)


TEN = source(*(source_case(number) for number in range(10)))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore.create(tmp_path / "base", embedder_spec="mean-colour", identity=IDENTITY)


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.embedded


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


def test_another_picture_is_embedded_again(store: CaseStore) -> None:
    ingest(store, MeanColour(), TEN)
    assert counts(ingest(store, MeanColour(), source(source_case(3, picture(200))))) == (0, 1, 0, 1)
    columns, vectors = store.columns_and_vectors()
    assert np.allclose(vectors[columns.row_of["case3"]], [200, 55, 90])
    assert len(columns) == 10


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_swapped_pictures_end_up_right_whatever_the_batches(store: CaseStore, batch_size: int) -> None:
    ingest(store, MeanColour(), source(source_case(1), source_case(2)))
    swapped = source(source_case(1, picture(20)), source_case(2, picture(10)))
    report = ingest(store, MeanColour(), swapped, batch_size=batch_size)
    assert (report.added, report.updated, report.problems) == (0, 2, ())
    columns, vectors = store.columns_and_vectors()
    assert np.allclose(vectors[columns.row_of["case1"]], [20, 235, 90])
    assert np.allclose(vectors[columns.row_of["case2"]], [10, 245, 90])
    assert counts(ingest(store, MeanColour(), swapped)) == (0, 0, 2, 0)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_content_under_another_id_is_noted_kept_and_embedded_once(store: CaseStore, batch_size: int) -> None:
    twins = source(source_case(1), source_case(2), source_case(3, picture(10)), source_case(4, picture(20)))
    report = ingest(store, MeanColour(), twins, batch_size=batch_size)
    assert counts(report) == (4, 0, 0, 2)
    assert [(note.case_id, note.same_as) for note in report.duplicates] == [("case3", "case1"), ("case4", "case2")]
    later = ingest(store, MeanColour(), source(source_case(5, picture(20))))
    assert counts(later) == (1, 0, 0, 0)
    assert later.duplicates[0].case_id == "case5"
    columns, vectors = store.columns_and_vectors()
    assert np.array_equal(vectors[columns.row_of["case5"]], vectors[columns.row_of["case2"]])


def test_pictures_that_cannot_be_read_are_reported_and_stop_nothing(store: CaseStore, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(picture(1)[:60])
    data = source(
        source_case(1, tmp_path / "missing.jpg"),
        source_case(2),
        source_case(3, tmp_path / "text.jpg"),
        source_case(4, tmp_path / "cut.png"),
        source_case(5, b""),
        source_case(2, picture(77)),
    )
    watcher = Watcher()
    report = ingest(store, MeanColour(), data, progress=watcher)
    assert counts(report) == (1, 0, 0, 1)
    problems = {problem.where: problem.reason for problem in report.problems}
    assert list(problems) == ["case1", "case3", "case4", "case5", "case2"]
    assert str(tmp_path / "missing.jpg") in problems["case1"]
    assert "comes again" in problems["case2"]
    assert watcher.done == 6
    assert store.columns().case_ids == ["case2"]


def test_rows_that_the_embedder_fails_on_cost_only_those_and_their_copies(store: CaseStore) -> None:
    def fail_on_dark(vectors: NDArray[np.float32]) -> None:
        dark = dict.fromkeys(np.flatnonzero(vectors[:, 0] < 15).tolist(), "too dark")
        if dark:
            vectors[list(dark)] = np.nan
            raise PartialEmbeddingError(vectors, dark)

    data = source(*(source_case(number) for number in range(5)), source_case(8, picture(10)))
    report = ingest(store, MeanColour(fail_on_dark), data)
    assert counts(report) == (3, 0, 0, 3)
    assert [(problem.where, problem.reason) for problem in report.problems] == [
        (case_id, "too dark") for case_id in ("case0", "case1", "case8")
    ]
    assert counts(ingest(store, MeanColour(), data)) == (3, 0, 3, 2)


def test_vectors_that_are_not_finite_cost_only_their_rows(store: CaseStore) -> None:
    def spoil(vectors: NDArray[np.float32]) -> None:
        vectors[1] = np.inf

    report = ingest(store, MeanColour(spoil), source(*TEN.cases[:3]))
    assert counts(report) == (2, 0, 0, 2)
    assert [problem.where for problem in report.problems] == ["case1"]


def test_a_failure_for_good_keeps_what_was_committed_and_says_so(store: CaseStore) -> None:
    def fail_third(vectors: NDArray[np.float32]) -> None:
        if len(embedder.batches) == 2:
            raise EmbeddingError("the server is gone")

    embedder = MeanColour(fail_third)
    with pytest.raises(EmbeddingError, match=r"the server is gone; 6 cases of this run are kept, .* again"):
        ingest(store, embedder, TEN, batch_size=3)
    assert len(CaseStore.open(store.path)) == 6
    assert counts(ingest(store, MeanColour(), TEN, batch_size=3)) == (4, 0, 6, 4)


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
    assert seen == [0, 2, 4, 6, 8]


def test_reading_goes_on_while_the_embedder_works(store: CaseStore) -> None:
    read = threading.Event()

    def wait(vectors: NDArray[np.float32]) -> None:
        assert read.wait(20), "the next picture was not read during embedding"

    class Telling(MeanColour):
        @property
        def image_side(self) -> int:  # asked for by whoever opens a picture
            opened.append(None)
            if len(opened) == 4:
                read.set()
            return 16

    opened: list[None] = []
    ingest(store, Telling(wait), source(*TEN.cases[:4]), batch_size=2, workers=1)
    assert len(store) == 4


def test_batches_end_early_at_their_pixel_limit(store: CaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "BATCH_PIXELS", 2 * 40 * 30)
    embedder = MeanColour()
    ingest(store, embedder, TEN)
    assert embedder.batches == [2] * 5


def test_the_size_of_the_original_is_kept_though_it_is_decoded_small(store: CaseStore) -> None:
    image = Image.new("RGB", (4000, 3000), "tan")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, plain = io.BytesIO(), io.BytesIO()
    image.save(turned, "JPEG", exif=exif)
    image.crop((0, 0, 4000, 2000)).save(plain, "JPEG")
    ingest(store, MeanColour(), source(source_case(1, turned.getvalue()), source_case(2, plain.getvalue())))
    columns = store.columns()
    assert [(columns.widths[row], columns.heights[row]) for row in map(columns.row_of.get, ("case1", "case2"))] == [
        (3000, 4000),
        (4000, 2000),
    ]
    small = {case_id: Image.open(io.BytesIO(jpeg)).size for case_id, jpeg in store.jpegs(["case1", "case2"]).items()}
    assert small == {"case1": (384, 512), "case2": (512, 256)}


def test_label_sets_grow_and_forget_only_corrected_labels(store: CaseStore) -> None:
    wide = Task(name="location", question="Where?", labels=("face", "hadn", "hand", "knee"))
    ingest(store, MeanColour(), source(source_case(0), source_case(1, labels={"location": ("hadn",)}), tasks=(wide,)))
    assert store.manifest.task("location") == wide
    ingest(store, MeanColour(), source(source_case(1)))
    assert store.manifest.task("location").labels == ("face", "hand", "knee")


def test_a_task_that_no_case_has_any_more_goes(store: CaseStore) -> None:
    infection = Task(name="infection", question="Infected?", labels=("no", "yes"))
    ingest(store, MeanColour(), source(source_case(1, labels={"infection": ("no",)}), tasks=(infection,)))
    assert [task.name for task in store.manifest.tasks] == ["infection"]
    ingest(store, MeanColour(), source(source_case(1)))
    assert [task.name for task in store.manifest.tasks] == ["infection", "location"]
    assert store.manifest.task("infection").labels == ("yes",)


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
