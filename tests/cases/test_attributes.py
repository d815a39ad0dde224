from __future__ import annotations

import pytest

from dermtools.cases import SourceData, SourceOptions, load_source
from dermtools.cases.attributes import choice_notes, choose, is_harmless, kept_attributes, shown_attributes, visible
from dermtools.cases.case import Case, SourceCase, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import Manifest
from dermtools.errors import SourceError

IDENTITY = EmbedderIdentity(name="n", revision="0", preprocessing="none", dimension=2, normalized=False)
HELD = {"age": 40, "Phone": "030 1234", "note": "HIV positive"}


def _data(**attributes) -> SourceData:
    case = Case(case_id="1", group_id="1", labels={"diagnosis": ("nevus",)}, attributes=attributes)
    task = Task(name="diagnosis", question="Which?", labels=("nevus",))
    return SourceData("a table", (task,), (SourceCase(case, b""),))


def test_nothing_is_kept_unasked_and_what_is_left_out_is_named_with_the_option() -> None:
    chosen = choose(_data(**HELD), ())
    assert chosen.kept == ()
    assert choice_notes(chosen) == [
        "columns left out: age, Phone, note; keep one as an attribute with --attribute NAME, all with --all-attributes"
    ]
    assert chosen.notes == ()


@pytest.mark.parametrize("name", ["phone", "PHONE", "Phone", "p_hone"])
def test_a_column_is_chosen_by_its_name_whatever_the_case(name: str) -> None:
    assert choose(_data(**HELD), (name,)).kept == ("Phone",)


def test_all_can_be_kept() -> None:
    assert choose(_data(**HELD), "all").kept == tuple(HELD)


def test_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(SourceError, match="a table has no column or attribute 'fone'; did you mean Phone"):
        choose(_data(**HELD), ("fone",))


def test_a_task_is_no_attribute() -> None:
    with pytest.raises(SourceError, match="diagnosis is a task already"):
        choose(_data(**HELD), ("diagnosis",))


def test_a_later_ingest_keeps_what_an_earlier_one_kept() -> None:
    case = _data(age=41, sex="f").cases[0].case
    assert kept_attributes(case, ("age",), {"age": 40, "note": "kept before"}) == {"age": 41, "note": "kept before"}
    assert kept_attributes(case, None, {"note": "replaced"}) == {"age": 41, "sex": "f"}


def test_of_an_older_case_base_only_harmless_attributes_are_shown() -> None:
    older = Manifest(embedder="n", identity=IDENTITY)
    names = ["age", "Sex", "fitzpatrick", "anatomic_site", "patient_name", "birth_date", "age_note", "phone"]
    assert shown_attributes(older, names) == {"age", "Sex", "fitzpatrick", "anatomic_site"}
    assert not is_harmless("page")


def test_the_visible_case_has_the_shown_attributes_alone() -> None:
    case = _data(**HELD).cases[0].case
    assert visible(case, {"age"}).attributes == {"age": 40}
    assert visible(case, HELD.keys()) is case


def test_a_table_keeps_no_column_that_was_not_asked_for(tmp_path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "t.csv").write_text("image,diagnosis,name\na.jpg,nevus,Hans Mueller\n")
    assert load_source(tmp_path / "t.csv").kept == ()
    assert load_source(tmp_path / "t.csv", options=SourceOptions(attributes=("name",))).kept == ("name",)
