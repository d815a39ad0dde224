"""Exports as a German, a French and a US clinic write them, each ingested by one command."""

from __future__ import annotations

import datetime
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run

PICTURES = {
    "german": ["Bilder/img_0001.jpg", unicodedata.normalize("NFD", "Bilder/Müller 2.jpg"), "Bilder/IMG_0003.JPEG"],
    "french": ["Clichés/été 1.jpg", "Clichés/IMG_0002.png", "Clichés/IMG_0003.jpg"],
    "us": ["Photos/IMG 0001.jpg", "Photos/IMG_0002.jpg", "Photos/IMG_0003.jpg"],
}


def german(folder: Path) -> Path:
    rows = [
        "sep=;",
        "Hautklinik Süd – Export;;;;;;",
        "Bild-Datei;Patienten-ID;DIAGNOSE;Lokalisation;Größe (mm);Bemerkung;",
        "C:\\Praxis\\Bilder\\IMG_0001.JPG;007;Nävus;Rücken;3,5;klein;",
        ";;;;;;",
        "",
        '.\\bilder\\Müller%202.jpg;8;Basaliom;Gesäß;12,25;"zweizeilig;\nmit Umbruch";',
        "\\\\server\\fotos\\Bilder\\img_0003.jpg;8;Basaliom;Rücken;1.004,0;",
        "C:\\Praxis\\Bilder\\IMG_0004.JPG;9;Nävus;Rücken;2,0;fehlt;",
        ";;;;;;",
    ]
    path = folder / "Export Müller.csv"
    path.write_bytes("\r\n".join(rows).encode("cp1252"))
    return path


def french(folder: Path) -> Path:
    rows = [
        "Nom du fichier\tN° patient\tDiagnostic\tLocalisation\tTaille (mm)",
        "D:\\Clichés\\ÉTÉ 1.JPG\t007\tNævus\tÉpaule\t3,5",
        "\t\t\t\t",
        "«IMG_0002»\t8\tMélanome\tÉpaule\t12,25",
        "file:///D:/Clich%C3%A9s/IMG_0003.jpeg\t8\tMélanome\tTête\t1 004,0",
        "D:\\Clichés\\IMG_0004.jpg\t9\tNævus\tTête\t2,0",
    ]
    path = folder / "export.txt"
    path.write_bytes("\r\n".join(rows).encode("utf-16"))
    return path


def american(folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Cases")
    rows = [
        ["Dermatology Associates", None, None, None, None, None],
        [],
        ["Image File", "Patient ID", "Diagnosis", "Body Site", "Size (mm)", "Seen on"],
        ["Photos\\IMG%200001.JPG", "007", "Nevus", "Back", 3.5, datetime.date(2024, 3, 1)],
        [],
        ["/Users/anna/Photos/img_0002.jpeg", 8, "BCC", "Arm", 12.25, datetime.date(2024, 3, 2)],
        [" IMG_0003 ", None, "BCC", "Back", 1004, None],
        ["Photos\\IMG_0004.jpg", 9, "Nevus", "Back", 2, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("B6:B7")
    book.save(folder / "export.xlsx")
    return folder / "export.xlsx"


@pytest.mark.parametrize(
    ("clinic", "export", "labels", "warned"),
    [
        (
            "german",
            german,
            {"location": {"Rücken", "Gesäß"}, "diagnosis": {"Nävus", "Basaliom"}},
            ["Bemerkung: looks like free text"],
        ),
        ("french", french, {"location": {"Épaule", "Tête"}, "diagnosis": {"Nævus", "Mélanome"}}, []),
        ("us", american, {"location": {"Back", "Arm"}, "diagnosis": {"Nevus", "BCC"}}, ["Seen on: looks like dates"]),
    ],
)
def test_an_export_is_ingested_by_one_command_with_nothing_lost(
    run: Run,
    tmp_path: Path,
    clinic: str,
    export: Callable[[Path], Path],
    labels: dict[str, set[str]],
    warned: list[str],
) -> None:
    for number, name in enumerate(PICTURES[clinic]):
        out = io.BytesIO()
        Image.new("RGB", (64, 64), (60 * number, 90, 200 - 60 * number)).save(out, "JPEG")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(out.getvalue())
    done = run("ingest", export(tmp_path), tmp_path / "base", "--embedder", "descriptor", "--all-attributes")
    printed = " ".join(done.out.split())
    assert done.code == 0
    assert "3 cases added" in printed
    assert f"left out or doubtful: {1 + len(warned)}" in printed
    assert [one for one in warned if f"attribute {one}" not in printed] == []
    assert "IMG_0004" in printed
    assert "the nearest is" in printed
    case_base = CaseBase.open(tmp_path / "base")
    assert {task.name: set(task.labels) for task in case_base.tasks} == labels
    cases = [case_base.case(case_id) for case_id in case_base.columns.case_ids]
    assert sorted(case.group_id for case in cases) == ["007", "8", "8"]
    sizes = {value for case in cases for name, value in case.attributes.items() if "mm" in name}
    assert sizes == {3.5, 12.25, 1004.0}
