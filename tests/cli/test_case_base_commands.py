"""`ingest`, `info`, `search`, `classify` and `check` over case bases."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from dermtools.cases import load_source
from dermtools.retrieval import CaseBase
from tests.support import tiny_onnx
from tests.support.command_line import Run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Six pictures of three patients, one of them missing on disk."""
    with (tmp_path / "records.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "file", "patient_id", "location", "age"])
        for number in range(6):
            rows.writerow([f"case{number}", f"{number}.png", f"p{number // 2}", "face" if number % 2 else "hand", 30])
            if number != 5:
                Image.new("RGB", (300, 240), (40 * number, 90, 120)).save(tmp_path / f"{number}.png")
    return tmp_path / "records.csv"


def test_ingest_reports_what_was_added_and_what_was_left_out(run: Run, table: Path, tmp_path: Path) -> None:
    done = run("ingest", table, tmp_path / "base", "--json")
    assert done.code == 0
    assert done.json["added"] == 5
    assert [problem["where"] for problem in done.json["problems"]] == ["records.csv row 7"]


def test_ingest_run_again_changes_nothing(run: Run, table: Path, tmp_path: Path) -> None:
    run("ingest", table, tmp_path / "base")
    again = run("ingest", table, tmp_path / "base", "--json").json
    assert (again["added"], again["unchanged"], again["embedded"]) == (0, 5, 0)


def test_ingest_says_which_columns_there_are(run: Run, table: Path, tmp_path: Path) -> None:
    done = run("ingest", table, tmp_path / "base", "--task", "colour")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "colour" in done.err
    assert "location" in done.err
    assert not (tmp_path / "base").exists()


def test_ingest_refuses_another_embedder_in_one_line(run: Run, table: Path, tmp_path: Path) -> None:
    run("ingest", table, tmp_path / "base")
    done = run("ingest", table, tmp_path / "base", "--embedder", "nonsense:x")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("column", ["image", "=x", "image=", "colour=x"])
def test_ingest_refuses_a_column_that_maps_nothing(run: Run, table: Path, tmp_path: Path, column: str) -> None:
    done = run("ingest", table, tmp_path / "base", "--column", column)
    assert done.code == 1
    assert done.err.startswith("error: ")


def test_info_counts_what_the_source_delivered(run: Run, sample_base: Path) -> None:
    info = run("info", sample_base, "--json").json
    cases = [item.case for item in load_source("sample").cases]
    assert info["cases"] == len(cases)
    assert info["groups"] == len({case.group_id for case in cases})
    assert sum(split["cases"] for split in info["splits"].values()) == len(cases)
    for task in ("location", "diagnosis"):
        assert sum(info["tasks"][task].values()) == len(cases)
    assert info["embedder"]["name"] == "descriptor"
    assert isinstance(info["version"], int)


def test_info_fits_a_terminal(run: Run, sample_base: Path) -> None:
    assert max(map(len, run("info", sample_base).out.splitlines())) <= 80 + len(str(sample_base))


def test_search_of_a_picture_prints_what_the_library_finds(run: Run, sample_base: Path, tmp_path: Path) -> None:
    picture = tmp_path / "query.jpg"
    case_base = CaseBase.open(sample_base)
    picture.write_bytes(case_base.jpeg("drawn_p03_1"))
    found = run("search", sample_base, picture, "-k", 4, "--where", "location = 'hand'", "--json").json
    expected = case_base.search(picture, k=4, where="location = 'hand'")
    assert found == json.loads(json.dumps(expected.to_json()))
    assert found["query"] == "query.jpg"
    assert set(found["neighbors"][0]) == {"rank", "case_id", "group_id", "distance", "labels", "attributes"}
    assert not any(neighbor["group_id"] == "drawn_p03" for neighbor in found["neighbors"])


def test_search_writes_a_gallery_that_needs_no_network(run: Run, sample_base: Path, tmp_path: Path) -> None:
    done = run("search", sample_base, "--case", "drawn_p03_1", "-k", 3, "--html", tmp_path / "deep" / "out.html")
    assert done.code == 0
    page = (tmp_path / "deep" / "out.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 4
    assert "http" not in page
    assert "not a diagnosis" in page


def test_a_picture_that_is_none_is_one_line(run: Run, sample_base: Path, tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("not a picture")
    done = run("search", sample_base, tmp_path / "note.jpg")
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 1
    assert "note.jpg" in done.err


def test_classify_prints_what_the_vote_predicts(run: Run, sample_base: Path) -> None:
    done = run(
        "classify", sample_base, "--case", "drawn_p03_1", "--task", "location", "--method", "knn-vote-7", "--json"
    )
    assert done.json["method"] == "knn-vote-7"
    assert len(done.json["exemplars"]) == 7
    assert done.json["label"] == next(iter(done.json["probabilities"]))
    assert sum(done.json["probabilities"].values()) == pytest.approx(1)


def test_classify_of_a_folder_writes_a_table_and_tells_what_it_could_not_read(
    run: Run, sample_base: Path, tmp_path: Path
) -> None:
    folder, table = tmp_path / "photos", tmp_path / "answers.csv"
    folder.mkdir()
    for case_id, jpeg in CaseBase.open(sample_base).jpegs(["drawn_p03_1", "drawn_p05_1"]).items():
        (folder / f"{case_id}.jpg").write_bytes(jpeg)
    asked = ("classify", sample_base, folder, "--task", "location", "--csv", table)
    assert run(*asked).code == 0
    assert len(table.read_text(encoding="utf-8").splitlines()) == 3
    (folder / "bad.jpg").write_text("no picture")
    done = run(*asked, "--json")
    assert (done.code, done.json["pictures"], done.json["labelled"]) == (1, 3, 2)
    assert [one["file"] for one in done.json["unreadable"]] == ["bad.jpg"]
    assert sum("bad.jpg" in line for line in done.err.splitlines()) == 1
    for wrong in (asked[:-2], ("classify", sample_base, *asked[3:], "--case", "drawn_p03_1")):
        refused = run(*wrong)
        assert refused.code == 1
        assert "--csv" in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--task", "colour"], "location"),
        (["--task", "location", "--method", "guess"], "knn-vote-K"),
        (["--task", "location", "--method", "knn-vote-0"], "knn-vote-K"),
        (["--task", "location", "--method", "adapter"], "dermtools train"),
        (["--task", "location", "--method", "label-similarity"], "reads text"),
    ],
)
def test_classify_says_what_there_is_instead(run: Run, sample_base: Path, arguments: list[str], said: str) -> None:
    done = run("classify", sample_base, "--case", "drawn_p03_1", *arguments)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert said in done.err


def test_check_says_that_the_sample_shows_all_skin_tones(run: Run, sample_base: Path) -> None:
    report = run("check", sample_base, "--json").json
    tones = next(count for count in report["skin_tones"] if count["name"] == "fitzpatrick")
    assert set(tones["counts"]) == {"1", "2", "3", "4", "5", "6"}
    assert tones["unknown"] == 0


@pytest.mark.parametrize("command", ["info", "check", "search"])
def test_a_folder_that_is_no_case_base_is_refused_in_one_line(run: Run, tmp_path: Path, command: str) -> None:
    done = run(command, tmp_path, *(["--case", "x"] if command == "search" else []))
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert str(tmp_path) in done.err


def test_labels_that_look_wrong_are_told_in_80_columns_and_mapped(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table.write_text(table.read_text().replace("case0,0.png,p0,hand", "case0,0.png,p0,HAND").replace("face", "n/a", 1))
    told = run("ingest", table, tmp_path / "base").out + run("check", tmp_path / "base").out
    assert told.count("differ only in case, spaces, accents or") == 2
    assert told.count("labels that read like a missing value: 'n/a' 1") == 2
    assert max(map(len, told.splitlines())) <= 80 + len(str(tmp_path / "base"))
    (tmp_path / "map.csv").write_text("old,new\nHAND,hand\nn/a,\n")
    mapped = run("ingest", table, tmp_path / "base", "--map-labels", tmp_path / "map.csv", "--json").json
    assert mapped["updated"] == 2
    assert [problem["where"] for problem in mapped["problems"]] == ["records.csv row 7"]


def test_a_moved_encoder_is_named_with_an_option(run: Run, tmp_path: Path) -> None:
    encoder, picture = tiny_onnx.write(tmp_path / "encoder.onnx"), tmp_path / "photo.png"
    Image.new("RGB", (64, 64), (200, 120, 90)).save(picture)
    assert run("ingest", "sample", tmp_path / "base", "--embedder", f"onnx:{encoder}").code == 0
    now = f"onnx:{encoder.rename(tmp_path / 'moved.onnx')}"
    for command in (["search"], ["classify", "--task", "location"], ["prompt", "--task", "location"]):
        refused = run(*command, tmp_path / "base", picture)
        assert (refused.code, len(refused.err.splitlines())) == (1, 1)
        assert "--embedder 'onnx:NEWPATH'" in refused.err
        assert run(*command, tmp_path / "base", picture, "--embedder", now).code == 0
        assert "was made with onnx:encoder" in run(*command, tmp_path / "base", picture, "--embedder", "descriptor").err


@pytest.mark.parametrize("command", ["search", "classify", "prompt", "evaluate", "study", "chat", "mcp"])
def test_every_command_that_reads_a_case_base_takes_it(run: Run, command: str) -> None:
    assert "--embedder" in run(command, "--help").out


def test_a_published_set_is_named_with_its_reason_and_its_licence(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ham"
    folder.mkdir()
    (folder / "HAM10000_metadata.csv").write_text("lesion_id,image_id,dx,localization\nH_1,ISIC_1,nv,back\n")
    Image.new("RGB", (90, 80), (200, 150, 120)).save(folder / "ISIC_1.jpg")
    done = run("ingest", folder, tmp_path / "base")
    assert "recognised as HAM10000 by the columns image_id, lesion_id, dx" in " ".join(done.out.split())
    told = " ".join(run("info", tmp_path / "base").out.split())
    assert "licence: CC BY-NC 4.0" in told
    assert "citation: Tschandl" in told
    assert "url: https://doi.org/10.7910/DVN/DBW86T" in told
    plain = run("ingest", folder / "HAM10000_metadata.csv", tmp_path / "plain", "--kind", "table")
    assert "recognised" not in plain.out
