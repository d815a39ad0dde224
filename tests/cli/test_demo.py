"""`demo` does the main job and leaves one page."""

from __future__ import annotations

import csv
from pathlib import Path

from dermtools.cases import load_source
from tests.support.command_line import Run


def test_demo_over_the_drawn_sample_ends_by_naming_its_page(run: Run, tmp_path: Path) -> None:
    done = run("demo", tmp_path)
    assert done.code == 0, done.err
    page = tmp_path / "sample" / "index.html"
    assert f"Open {page}" in " ".join(done.out.split()).replace("- ", "-") or str(page) in done.out.replace("\n", "")
    assert f"dermtools app {tmp_path / 'sample' / 'casebase'}" in done.out
    text = page.read_text(encoding="utf-8")
    assert "not photographs" in text
    assert text.count('class="query"') == 4
    assert "by knn-vote-15" in text
    assert "http" not in text


def test_demo_run_again_embeds_nothing(run: Run, tmp_path: Path) -> None:
    run("demo", tmp_path, "--embedder", "descriptor")
    assert "0 cases added" in run("demo", tmp_path).out


def test_demo_over_a_table_of_ones_own(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with (folder / "records.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "file", "patient_id", "split", "location"])
        for item in load_source("sample").cases:
            name = f"{item.case.case_id}.jpg"
            (folder / name).write_bytes(bytes(item.image))
            rows.writerow([item.case.case_id, name, item.case.group_id, item.case.split, *item.case.labels["location"]])
    done = run("demo", tmp_path / "out", "--data", folder / "records.csv")
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "mine" / "index.html").is_file()
