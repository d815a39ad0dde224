from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from dermtools.images import open_image
from dermtools.images.writing import read_writing
from dermtools.retrieval import CaseBase
from tests.support.paths import bytes_below
from tests.support.written_pictures import NAME, skip_without_recogniser, source


@pytest.fixture(autouse=True, scope="module")
def _recogniser() -> None:
    skip_without_recogniser()


@pytest.fixture
def case_base(tmp_path: Path) -> CaseBase:
    return CaseBase.create(tmp_path / "cases", embedder="descriptor")


def shown(case_base: CaseBase, case_id: str) -> str:
    """What can be read in a stored picture."""
    return " ".join(line.text for line in read_writing(open_image(case_base.jpeg(case_id))))


def test_an_ingest_lists_pictures_with_writing_and_stores_nothing_of_what_it_read(case_base: CaseBase) -> None:
    report = case_base.add(source(named=NAME, plain=""), check_text=True)
    assert report.writing is not None
    (found,) = report.writing
    assert (found.case_id, found.painted) == ("named", False)
    assert "Mueller" in found.line()
    assert b"Mueller" not in bytes_below(case_base.path)


def test_an_ingest_that_does_not_look_says_so(case_base: CaseBase) -> None:
    assert case_base.add(source(named=NAME)).writing is None


def test_redact_paints_over_before_a_picture_is_embedded_and_stored(case_base: CaseBase, tmp_path: Path) -> None:
    report = case_base.add(source(named=NAME, plain=""), redact=True)
    kept = CaseBase.create(tmp_path / "kept", embedder="descriptor")
    kept.add(source(named=NAME, plain=""))
    assert report.writing is not None
    assert [(one.case_id, one.painted) for one in report.writing] == [("named", True)]
    assert (shown(case_base, "named"), case_base.jpeg("plain")) == ("", kept.jpeg("plain"))
    rows = [
        {case_id: base.vectors[base.columns.row_of[case_id]].tolist() for case_id in ("named", "plain")}
        for base in (case_base, kept)
    ]
    assert rows[0]["plain"] == rows[1]["plain"]
    assert rows[0]["named"] != rows[1]["named"]
    assert case_base.columns.content_hashes == kept.columns.content_hashes


@pytest.mark.parametrize("redact", [True, None])
def test_the_same_ingest_again_changes_nothing(case_base: CaseBase, redact: bool | None) -> None:
    case_base.add(source(named=NAME), redact=True)
    before = case_base.jpeg("named")
    report = case_base.add(source(named=NAME), redact=redact)
    assert (report.unchanged, report.updated, case_base.jpeg("named")) == (1, 0, before)


def test_words_do_not_come_back_by_an_ingest_that_does_not_say_redact(case_base: CaseBase) -> None:
    case_base.add(source(named=NAME), redact=True)
    case_base.delete(["named"])
    again = CaseBase.open(case_base.path)
    again.add(source(named=NAME, other="Weber Ana 1971"))
    assert shown(again, "named") == shown(again, "other") == ""


def test_words_stay_where_the_operator_says_so(case_base: CaseBase) -> None:
    case_base.add(source(plain=""), redact=True)
    case_base.add(source(plain="", named=NAME), redact=False)
    assert "Mueller" in shown(case_base, "named")


def test_redact_looks_at_pictures_that_are_stored_already_and_at_their_copies(case_base: CaseBase) -> None:
    data = source(named=NAME)
    case_base.add(data)
    case_base.add(source(plain=""))
    copy = data.cases[0].case.model_copy(update={"case_id": "copy"})
    both = type(data)(data.name, data.tasks, (type(data.cases[0])(copy, data.cases[0].image), *data.cases))
    report = case_base.add(both, redact=True)
    assert (report.added, report.updated) == (1, 1)
    assert shown(case_base, "named") == shown(case_base, "copy") == ""
    assert case_base.history().restorable() == []  # where the words would come back from


def test_check_lists_stored_pictures_with_writing(case_base: CaseBase) -> None:
    case_base.add(source(named=NAME, plain="", scale="5 mm"))
    report = case_base.check(text=True)
    (finding,) = report.of("writing")
    assert finding.cases == (("named",),)
    assert any(line.startswith("writing in named: ") and "Mueller" in line for line in report.lines())
    assert not any("Mueller" in line for line in case_base.check().lines())


def test_check_of_a_picture_without_writing_promises_nothing(case_base: CaseBase) -> None:
    case_base.add(source(plain=""))
    report = case_base.check(text=True)
    assert report.of("writing") == ()
    assert any("are missed" in line for line in report.lines())


def test_a_stored_picture_that_cannot_be_decoded_does_not_stop_the_check(case_base: CaseBase) -> None:
    case_base.add(source(named=NAME, broken=""))
    (row,) = case_base.store.rows(["broken"])
    out = io.BytesIO()
    Image.new("RGB", (400, 400)).save(out, "JPEG")
    case_base.store.update([type(row)(row.case, row.content_hash, row.vector, out.getvalue()[:200], 400, 400)])
    report = case_base.check(text=True)
    assert [one.case_id for one in report.writing or ()] == ["named"]
    assert report.of("unreadable-picture")
