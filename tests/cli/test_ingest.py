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
