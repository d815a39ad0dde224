"""What is on screen as a file, and what gives it again."""

from __future__ import annotations

import base64
import csv
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dermtools.app.actions.browsing import CasesArguments, cases
from dermtools.app.actions.exporting import ExportArguments, ShownArguments, export, repeat
from dermtools.app.actions.searching import SearchArguments, search
from dermtools.app.session import AppSession
from dermtools.embedding.given import GivenVectors
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase

Save = Callable[..., bytes]
ASKED = {"k": 7, "where": "sex = 'female' and case_id <> 'it''s'", "max_per_group": 1}


@pytest.fixture(scope="module")
def session(photograph_base: Path) -> AppSession:
    return AppSession(case_base=CaseBase.open(photograph_base))


@pytest.fixture(scope="module")
def of(session: AppSession) -> str:
    """A case whose own group has more than one picture, and whose sex is known."""
    columns = session.opened.columns
    return next(one for one, sex in zip(columns.case_ids, columns.attributes["sex"], strict=True) if sex)


@pytest.fixture(scope="module")
def save(session: AppSession) -> Save:
    def call(view: str, format: str, *private: str, **arguments: Any) -> bytes:
        given = {"view": view, "arguments": arguments, "format": format, "attributes": private}
        return base64.b64decode(export(session, ExportArguments.model_validate(given), None)["content"])  # type: ignore[arg-type]

    return call


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def found(session: AppSession, **arguments: Any) -> list[str]:
    said = search(session, SearchArguments(**arguments), None)  # type: ignore[arg-type]
    return [one["case_id"] for one in said["neighbors"]]


def test_a_table_has_ids_ranks_distances_labels_and_shown_attributes(session: AppSession, save: Save, of: str) -> None:
    table = rows(save("search", "csv", query=f"case:{of}", **ASKED))
    assert [row["case_id"] for row in table] == found(session, query=f"case:{of}", **ASKED)
    assert [row["rank"] for row in table] == [str(rank) for rank in range(1, 8)]
    expected = session.opened.search(case_id=of, **ASKED)
    assert [float(row["distance"]) for row in table] == [one.distance for one in expected]
    assert [row["diagnosis"] for row in table] == [one.case.labels["diagnosis"][0] for one in expected]
    assert {row["sex"] for row in table} == {"female"}
    assert "age" not in table[0]


def test_a_file_does_not_name_the_picture_that_was_brought(session: AppSession, save: Save, drawn_jpeg: bytes) -> None:
    handle = session.context.images.add(drawn_jpeg, name="Doe_Jane_1970.jpg").handle
    page = save("search", "html", query=handle, k=3).decode()
    assert "Cases similar to a picture" in page
    assert "Jane" not in page


def test_a_private_attribute_is_in_a_file_only_where_it_was_chosen(save: Save, of: str) -> None:
    asked = {"query": f"case:{of}", **ASKED}
    assert all(row["age"].isdigit() for row in rows(save("search", "csv", "age", **asked)))
    page = re.compile(rb"age \d+")
    assert not page.search(save("search", "html", **asked))
    assert len(page.findall(save("search", "html", "age", **asked))) == 7
    with pytest.raises(QueryError, match="no attribute income"):
        save("search", "csv", "income", **asked)


def test_a_condition_on_a_private_attribute_is_in_no_file(save: Save) -> None:
    private = {"where": "age = 63 AND diagnosis = 'BCC'"}
    page = save("cases", "html", **private)
    assert b"<h1>Cases that satisfy a condition</h1>" in page
    assert b"63" not in re.sub(rb"data:[^\"]+", b"", re.sub(rb'<div class="id">[^<]*<br>[^<]*', b"", page))
    assert b"<h1>Cases where age = 63" in save("cases", "html", "age", **private)
    assert b"<h1>Cases where diagnosis =" in save("cases", "html", where="diagnosis = 'MEL'")


def test_a_name_in_the_head_of_a_table_is_no_formula(tmp_path: Path) -> None:
    base = CaseBase.create(tmp_path / "named", embedder=GivenVectors("mean-colour", 3, normalized=False))
    name = '=HYPERLINK("http://evil.example")'
    row = {"case_id": "c1", "site": "arm", name: "x"}
    base.add([row], vectors=np.eye(3, dtype=np.float32)[:1], attributes=[name], tasks=["site"])
    base.attributes.show(name)
    asked = {"view": "cases", "arguments": {}, "format": "csv"}
    table = export(AppSession(base), ExportArguments.model_validate(asked), None)  # type: ignore[arg-type]
    assert f"'{name}" in rows(base64.b64decode(table["content"]))[0]


def test_a_list_of_cases_is_exported_whole_and_in_its_order(session: AppSession, save: Save) -> None:
    order = {"where": "diagnosis = 'MEL'", "sort": "fitzpatrick", "descending": True}
    on_page = cases(session, CasesArguments(**order, first=0, count=500), None)  # type: ignore[arg-type]
    listed = [one["case_id"] for one in on_page["cases"]]
    assert [row["case_id"] for row in rows(save("cases", "csv", **order, first=3, count=2))] == listed
    page = save("cases", "html", **order).decode()
    assert re.findall(r'class="id">([^<]+)<', page) == listed
    assert 'class="near"' not in page


def test_a_picture_holds_every_case_and_says_what_it_is_not(save: Save, of: str) -> None:
    with Image.open(io.BytesIO(save("search", "png", query=f"case:{of}", **ASKED))) as sheet:
        assert sheet.format == "PNG"
        assert sheet.info == {}
        last_row = sheet.convert("L").crop((0, sheet.height - 48, sheet.width, sheet.height))
        assert last_row.getextrema()[0] < 150  # the line at the end is drawn
    with pytest.raises(QueryError, match="a picture holds 120 cases, and these are 677"):
        save("cases", "png")


def again(session: AppSession, **arguments: Any) -> dict[str, Any]:
    return repeat(session, ShownArguments(view="search", arguments=arguments), None)  # type: ignore[arg-type]


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def dermtools(command: str) -> list[str]:
    name, *arguments = shlex.split(command)
    assert name == "dermtools"
    return [sys.executable, "-c", "from dermtools.cli import main; main()", *arguments]


def test_the_command_and_the_python_find_the_same_cases(session: AppSession, of: str, tmp_path: Path) -> None:
    asked = {"query": f"case:{of}", **ASKED, "diversity": "mmr"}
    said, expected = again(session, **asked), found(session, **asked)
    printed = run(tmp_path, *dermtools(said["command"]))
    assert re.findall(r"PAT_\d+_\d+_\d+", printed)[1:] == expected
    lines = run(tmp_path, sys.executable, "-c", said["python"]).splitlines()
    assert [line.split()[-1] for line in lines] == expected


def test_a_picture_that_was_brought_stands_as_a_name_to_put_in(
    session: AppSession, photographs: Path, tmp_path: Path
) -> None:
    files = sorted((photographs.parent / "images").iterdir())[:2]
    handles = [session.context.images.add(file.read_bytes(), name=file.name).handle for file in files]
    said = again(session, query=handles[0], k=5)
    assert said["notes"] == [f"PICTURE.jpg stands for {files[0].name}"]
    (tmp_path / "PICTURE.jpg").write_bytes(files[0].read_bytes())
    expected = found(session, query=handles[0], k=5)
    assert re.findall(r"PAT_\d+_\d+_\d+", run(tmp_path, *dermtools(said["command"])))[-5 * 1 :] == expected
    together = again(session, views=handles, k=5)
    assert together["command"] is None
    for number, file in enumerate(files, start=1):
        (tmp_path / f"PICTURE-{number}.jpg").write_bytes(file.read_bytes())
    lines = run(tmp_path, sys.executable, "-c", together["python"]).splitlines()
    assert [line.split()[-1] for line in lines] == found(session, views=handles, k=5)


def test_a_list_of_cases_is_given_again_in_its_order(session: AppSession, tmp_path: Path) -> None:
    order = {"where": "diagnosis = 'MEL'", "sort": "fitzpatrick", "descending": True}
    said = repeat(session, ShownArguments(view="cases", arguments=order), None)  # type: ignore[arg-type]
    on_page = cases(session, CasesArguments(**order, first=0, count=500), None)  # type: ignore[arg-type]
    listed = [one["case_id"] for one in on_page["cases"]]
    assert run(tmp_path, sys.executable, "-c", said["python"]).split() == listed
    printed = run(tmp_path, *dermtools(said["command"]))
    assert sorted(re.findall(r"PAT_\d+_\d+_\d+", printed)) == sorted(listed)


def test_what_no_view_could_ask_is_refused_in_one_line(session: AppSession) -> None:
    with pytest.raises(QueryError, match="k: Input should be"):
        again(session, query="case:x", k="many")
