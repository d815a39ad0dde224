"""`reembed`: vectors of stored pictures by another embedder, whole however often it is interrupted."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import Case, SourceCase
from dermtools.cases.store import CaseStore
from dermtools.errors import CaseBaseError, EmbeddingError
from dermtools.retrieval import CaseBase, ReembedReport
from tests.support.mean_colour import IDENTITY, MeanColour, Watcher
from tests.support.spaces import on_disk


def means(case_base: CaseBase) -> np.ndarray:
    """Mean colours of the stored pictures, worked out by hand."""
    pictures = [np.asarray(Image.open(io.BytesIO(case_base.jpeg(one)))) for one in case_base.columns.case_ids]
    return np.array([picture.reshape(-1, 3).mean(axis=0) for picture in pictures])


def test_every_stored_picture_is_embedded_once(small_base):
    watcher = Watcher()
    report = small_base.reembed(MeanColour(), batch_size=4, progress=watcher)
    assert isinstance(report, ReembedReport)
    assert (report.embedded, report.unchanged, report.removed, report.problems) == (18, 0, 0, ())
    assert report.picture_side == 512
    assert (watcher.total, watcher.done) == (18, 18)
    view = CaseBase.open(small_base.path, embedder="mean-colour")
    assert view.vectors == pytest.approx(means(small_base), abs=0.5)
    again = MeanColour()
    assert small_base.reembed(again).unchanged == 18
    assert again.batches == []


def test_what_came_went_or_changed_is_brought_up_to_date(small_base, small_source):
    small_base.reembed(MeanColour())
    small_base.delete(["c01"])
    png = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 200, 90)).save(png, "PNG")
    changed = replace(small_source.cases[2], image=png.getvalue())
    new = SourceCase(Case(case_id="new", group_id="q", split="train", labels={"site": ("arm",)}), png.getvalue())
    small_base.add(replace(small_source, cases=(changed, new)))
    again = MeanColour()
    report = small_base.reembed(again)
    assert (report.embedded, report.unchanged) == (2, 16)
    view = CaseBase.open(small_base.path, embedder="mean-colour")
    assert view.vectors == pytest.approx(means(small_base), abs=0.5)
    assert view.store.missing == 0


def test_a_deleted_patient_leaves_every_space(small_base):
    small_base.reembed(MeanColour())
    view = CaseBase.open(small_base.path, embedder="mean-colour")
    gone = view.vectors[view.columns.row_of["c06"]].tobytes()
    view.search(case_id="c00", k=1)  # its index is on the disk, too
    assert on_disk(small_base.path, gone)
    small_base.delete(groups=["p3"])
    assert not on_disk(small_base.path, gone)
    assert len(view) == 16


def test_an_embedder_that_fails_leaves_what_was_done_and_resumes(small_base):
    calls: list[int] = []

    def fail(vectors: np.ndarray) -> None:
        calls.append(len(vectors))
        if len(calls) > 2:
            raise EmbeddingError("out of memory")

    with pytest.raises(EmbeddingError, match=r"out of memory; 8 cases are kept, run the same again to resume"):
        small_base.reembed(MeanColour(fail), batch_size=4)
    assert small_base.reembed(MeanColour()).unchanged == 8


def test_killed_it_goes_on_where_it_was(small_base):
    child = f"""
import os, signal
from dermtools.retrieval import CaseBase
from tests.support.mean_colour import MeanColour
calls = []
def die(vectors):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
CaseBase.open({str(small_base.path)!r}).reembed(MeanColour(die), batch_size=4)
"""
    assert subprocess.run([sys.executable, "-c", child], check=False).returncode == -signal.SIGKILL
    assert len(CaseBase.open(small_base.path, embedder="mean-colour")) == 12
    report = small_base.reembed(MeanColour())
    assert (report.embedded, report.unchanged) == (6, 12)


def test_into_makes_a_case_base_of_its_own(small_base, tmp_path):
    small_base.attributes.show("age")
    report = small_base.reembed(MeanColour(), into=tmp_path / "new")
    assert report.path == str(tmp_path / "new")
    new = CaseBase.open(tmp_path / "new")
    assert new.identity == IDENTITY
    assert [new.case(one) for one in new.columns.case_ids] == [small_base.case(one) for one in new.columns.case_ids]
    assert new.jpeg("c00") == small_base.jpeg("c00")
    assert new.store.manifest.shown == ("age",)
    assert new.vectors == pytest.approx(means(new), abs=0.5)
    assert small_base.spaces() == []
    assert small_base.reembed(MeanColour(), into=tmp_path / "new").unchanged == 18
    with pytest.raises(CaseBaseError, match="made with mean-colour"):
        small_base.reembed("descriptor", into=tmp_path / "new")


def test_its_own_embedder_and_a_busy_case_base_are_refused(small_base):
    with pytest.raises(CaseBaseError, match="is embedded with descriptor already"):
        small_base.reembed("descriptor")
    with CaseStore.open(small_base.path).write(), pytest.raises(CaseBaseError, match="another process is writing"):
        small_base.reembed(MeanColour())


def test_a_case_without_a_picture_is_told(small_base):
    (row,) = small_base.store.rows(["c04"])
    small_base.store.update([replace(row, jpeg=b"", width=0, height=0)])
    report = small_base.reembed(MeanColour())
    assert (report.embedded, report.problems) == (17, ("c04: has no stored picture",))
