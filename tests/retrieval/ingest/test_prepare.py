"""Pictures of a source are read ahead; one that cannot be read stops nothing, and no warning does."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dermtools.cases.store import CaseStore
from dermtools.retrieval.ingest.writing import ingest
from tests.support.mean_colour import (
    TEN,
    MeanColour,
    Watcher,
    counts,
    shade,
    source,
    source_case,
)


def test_pictures_that_cannot_be_read_are_reported_and_stop_nothing(store: CaseStore, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(shade(1)[:60])
    data = source(
        source_case(1, tmp_path / "missing.jpg"),
        source_case(2),
        source_case(3, tmp_path / "text.jpg"),
        source_case(4, tmp_path / "cut.png"),
        source_case(5, b""),
        source_case(2, shade(77)),
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


def large_grey_jpeg() -> bytes:
    """94 megapixels: allowed, but above the size at which Pillow warns of a bomb."""
    out = io.BytesIO()
    Image.new("L", (9400, 10_000), 128).save(out, "JPEG")
    return out.getvalue()


def jpeg_with_cut_exif() -> bytes:
    """Turned by a quarter, with another tag whose value lies beyond the end."""
    entries = struct.pack("<HHHII", 2, 0x0112, 3, 1, 6) + struct.pack("<HHII", 0x010E, 2, 400, 5000)
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "tan").save(out, "JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<I", 8) + entries)
    return out.getvalue()


def test_a_large_jpeg_and_one_with_cut_exif_pass_where_warnings_are_errors(store: CaseStore) -> None:
    data = source(source_case(1, large_grey_jpeg()), source_case(2, jpeg_with_cut_exif()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = ingest(store, MeanColour(), data)
    assert (report.added, report.problems) == (2, ())
    columns, vectors = store.columns_and_vectors()
    sizes = dict(zip(columns.case_ids, zip(columns.widths, columns.heights, strict=True), strict=True))
    assert sizes == {"case1": (9400, 10_000), "case2": (40, 60)}
    assert vectors[columns.row_of["case1"]] == pytest.approx([128, 128, 128], abs=1)
