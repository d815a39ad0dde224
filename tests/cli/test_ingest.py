"""`ingest` keeps what names a person out of a case base where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dermtools.cases import PseudonymKey
from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Four pictures of two patients, whose names are in every file name and id."""
    rows = ["image,patient_id,diagnosis"]
    for number, name in enumerate(("Mueller_Hans", "Mueller_Hans", "Weber_Anna", "Weber_Anna")):
        Image.new("RGB", (240, 240), (60 * number, 90, 120)).save(tmp_path / f"{name}_{number}.png")
        rows.append(f"{name}_{number}.png,{name},nevus")
    (tmp_path / "records.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "records.csv"


def test_pseudonyms_leave_no_name_in_any_byte_of_the_case_base(run: Run, table: Path, tmp_path: Path) -> None:
    assert run("ingest", table, tmp_path / "base", "--pseudonyms").code == 0
    files = [path for path in (tmp_path / "base").rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"Mueller" in path.read_bytes() or b"Weber" in path.read_bytes()] == []


def test_an_ingest_again_with_the_key_changes_nothing_and_the_key_leads_back(
    run: Run, table: Path, tmp_path: Path
) -> None:
    run("ingest", table, tmp_path / "base", "--pseudonyms")
    again = run("ingest", table, tmp_path / "base", "--pseudonyms", "--json").json
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 4)
    assert any("base.key.json leads back" in note for note in again["notes"])
    key = PseudonymKey.open(tmp_path / "base.key.json")
    groups = set(CaseBase.open(tmp_path / "base").columns.group_ids)
    assert {key.real_group(group) for group in groups} == {"Mueller_Hans", "Weber_Anna"}


def test_a_plain_ingest_into_pseudonyms_is_refused_in_one_line(run: Run, table: Path, tmp_path: Path) -> None:
    run("ingest", table, tmp_path / "base", "--pseudonyms", "--key", tmp_path / "apart.json")
    done = run("ingest", table, tmp_path / "base")
    assert done.code == 1
    assert "has pseudonyms: add --pseudonyms, and --key FILE" in done.err
    done = run("ingest", table, tmp_path / "base", "--pseudonyms")
    assert done.code == 1
    assert "no key file" in done.err


def test_a_key_alone_is_refused(run: Run, table: Path, tmp_path: Path) -> None:
    done = run("ingest", table, tmp_path / "base", "--key", tmp_path / "k.json")
    assert done.code == 1
    assert "--key goes with --pseudonyms" in done.err
    assert not (tmp_path / "base").exists()


def test_kept_columns_that_look_like_identifiers_are_warned_of_without_their_words(
    run: Run, table: Path, tmp_path: Path
) -> None:
    rows = table.read_text().splitlines()
    held = ["age,contact,smoke", "40,030 1234567,yes", "40,030 7654321,no", "50,0301 55555,no", "50,0171 987654,yes"]
    table.write_text("\n".join(f"{row},{more}" for row, more in zip(rows, held, strict=True)) + "\n")
    done = run("ingest", table, tmp_path / "base", "--all-attributes", "--json")
    told = {problem["where"]: problem["reason"] for problem in done.json["problems"]}
    assert told["attribute contact"].startswith("looks like phones; private until shown")
    assert {"attribute age", "attribute smoke"}.isdisjoint(told)
    assert "look like names of people" in told["ids"]
    assert "1234567" not in done.out
    assert "Mueller" not in told["ids"]


def test_attributes_marks_what_looks_like_an_identifier_and_warns_when_it_is_shown(
    run: Run, table: Path, tmp_path: Path
) -> None:
    table.write_text(table.read_text().replace("diagnosis", "diagnosis,phone").replace("nevus", "nevus,030 1234567"))
    run("ingest", table, tmp_path / "base", "--attribute", "phone")
    assert "phones" in run("attributes", tmp_path / "base").out
    done = run("attributes", tmp_path / "base", "--show", "phone", "--json")
    assert (done.code, done.json) == (0, {"phone": "shown"})
    assert done.err.strip() == "phone looks like phones; models and clients may see it from now on"
